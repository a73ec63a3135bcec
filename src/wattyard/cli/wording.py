"""Refusals in the words of a command: its options, where the API has fields."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from typing import Any, Final

from wattyard.kernel.refusals import Fault, Refusal

FIELDS: Final[Mapping[str, Mapping[str, str]]] = {
    "key create": {
        "scopes": "--scope",
        "location_ids": "--location",
        "time_expiry": "--expires",
    },
    "plan": {
        "device_id": "DEVICE",
        "location_id": "--location",
        "state_of_charge_percent": "--charge",
        "target_state_of_charge_percent": "--target",
        "backup_reserve_percent": "--reserve",
        "schedule_horizon": "--hours",
    },
    "tariff check": {
        "postal_address.country_code": "--country",
        "postal_address.state": "--state",
        "currency_code": "--currency",
    },
    "tariff import": {
        "location_id": "--location",
        "contract_start_date": "--from",
        "contract_end_date": "--to",
    },
    "market add": {"currency_code": "--currency", "display_name": "--name"},
    "site list": {"reference_id": "--reference"},
    "customer list": {"reference_id": "--reference"},
    "device list": {"reference_id": "--reference"},
}
"""By command, the options that become fields of another name."""

_OF_A_FEED: Final = "options."

SITE_PLAN: Final = {"location_id": "--site"}
"""What differs in `wattyard plan --site`."""


def worded(command: Any, name: str) -> None:  # noqa: ANN401 (a class that typer hides)
    """Let a command, or each of a group's, say its refusals in the words of its options."""
    for inner, one in getattr(command, "commands", {}).items():
        worded(one, f"{name} {inner}")
    if not hasattr(command, "commands"):
        command.callback = _reworded(command.callback, options_of(command, name))


def options_of(command: Any, name: str) -> dict[str, str]:  # noqa: ANN401 (as above)
    """What a command calls its parameters, by the names that refusals may have for them."""
    named: dict[str, str] = {}
    for one in command.params:
        is_option = one.param_type_name == "option"
        shown = max(one.opts, key=len) if is_option else one.name.upper()
        named |= {one.name: shown, one.name.removesuffix("_id"): shown}
    return {**named, **FIELDS.get(name, {})}


def in_options(fault: Fault, options: Mapping[str, str]) -> Fault:
    """Word a fault by options.

    Names of fields with an underscore are replaced wherever they stand, one that is also an
    English word only where the message begins with it.
    """
    message = fault.message
    for field, option in options.items():
        if "_" in field:
            message = re.sub(rf"(?<![\w.]){re.escape(field)}(?![\w.\[])", option, message)
    param = fault.param or ""
    if param.startswith(_OF_A_FEED):
        name = param.removeprefix(_OF_A_FEED)
        return fault._replace(message=message, param=f"--option {name}")
    own = options.get(param)
    if own is None:
        return fault._replace(message=message)
    if own not in message:
        rest = message.removeprefix(f"{param} ")
        message = f"{own} {rest}" if rest != message else f"{own}: {message}"
    return fault._replace(message=message, param=own)


@contextmanager
def requested_in(options: Mapping[str, str]) -> Iterator[None]:
    """Word the refusals of the block by options; all faults are said."""
    try:
        yield
    except Refusal as refusal:
        refusal.faults = tuple(in_options(fault, options) for fault in refusal.faults)
        refusal.args = ("; ".join(dict.fromkeys(fault.placed for fault in refusal.faults)),)
        raise


def _reworded(callback: Callable[..., Any], options: Mapping[str, str]) -> Callable[..., Any]:
    @wraps(callback)
    def called(*given: Any, **named: Any) -> Any:  # noqa: ANN401 (a command's own)
        with requested_in(options):
            return callback(*given, **named)

    return called
