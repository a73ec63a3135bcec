"""The search of sites by texts without case, width and accents.

Only adds: the indexes of 0022, by texts without case, serve programs of earlier releases, and go a
release later. The expressions are those of `sites.store.folding`.
"""

from wattyard.migrations import steps

revision = "0028"
down_revision = "0027"
WORKS_WITH = "0010"

_UNMARKED = (
    "translate(replace(replace(replace(replace("
    "lower(regexp_replace(normalize({0}, NFKD), '[\\u0300-\\u036f]', '', 'g')),"
    " 'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th'), 'øłđðħıς', 'olddhiσ')"
)
_CODE = f'(left({_UNMARKED}, 100) COLLATE "C")'
_NAME = f"(left(regexp_replace({_UNMARKED}, '([ou])e|(a)[ae]', '\\1\\2', 'g'), 100) COLLATE \"C\")"
_KEY = "{} (account, live_mode, {}, id)"

INDEXES = {
    "sites_reference_folded": _KEY.format("sites", _CODE.format("reference_id")),
    "sites_city_folded": _KEY.format("sites", _NAME.format("(postal_address ->> 'city')")),
    "customers_reference_folded": _KEY.format("customers", _CODE.format("reference_id")),
    "customers_name_folded": _KEY.format("customers", _NAME.format("(metadata ->> 'name')")),
}


def upgrade() -> None:
    """Make the indexes beside those that they follow."""
    for name, on in INDEXES.items():
        steps.make_index(name, on)
