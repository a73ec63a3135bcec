"""Tariffs as JSON (contract 2, Tariffs)."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Literal

import msgspec

from wattyard.kernel import ids, instants
from wattyard.kernel.callers import Caller
from wattyard.kernel.refusals import Fault
from wattyard.platform.decoding import Patch
from wattyard.platform.decoding.texts import Label, LocationId, Metadata, Time, an_id
from wattyard.sites.domain.sites import Site
from wattyard.tariffs.domain.contracts import Contract, ContractDraft
from wattyard.tariffs.wire.rules import decoded_rules
from wattyard.tariffs.wire.samples import Warned, warned
from wattyard.tariffs.wire.shapes import RulesShape

ProviderId = Annotated[str, an_id("prv", of="a provider")]

_RULES = tuple(field.name for field in msgspec.structs.fields(RulesShape))


class TariffBody(RulesShape, kw_only=True):
    """One priced contract at a location: what a kWh costs there, when."""

    location_id: LocationId
    display_name: Label | None = None
    provider_id: ProviderId | None = None
    metadata: Metadata | None = None


class TariffShape(RulesShape, kw_only=True):
    """A tariff that is connected at a location.

    Attributes:
        provider_id: id of the supplier or grid operator
        is_linked: whether the supplier owns it; it cannot be changed here then
        connection_type: DIRECT: read from the supplier; MARKET: follows a market; LIBRARY: from the
            library; MANUAL: as the client gave it
        status: ERROR: it could not be read from the supplier
        is_temporary: whether it stands in until a better one is connected
    """

    id: str
    object: Literal["tariff"] = "tariff"
    live_mode: bool
    account_id: str
    time_created: Time
    location_id: str
    display_name: str | None
    provider_id: str | None
    metadata: dict[str, str]
    is_linked: bool
    connection_type: Literal["DIRECT", "MARKET", "LIBRARY", "MANUAL"]
    status: Literal["CONNECTED", "ERROR"]
    is_temporary: bool
    timezone: str
    currency_code: str


class TariffMadeShape(TariffShape, kw_only=True):
    """A tariff as it was connected or changed, and what of it a person should look at again.

    Attributes:
        warnings: left out where there are none
    """

    warnings: list[Warned] | msgspec.UnsetType = msgspec.UNSET


class LeftOut(msgspec.Struct):
    """Something in a document that no tariff holds, that says nothing of prices, or is doubtful.

    Attributes:
        code: stable and safe to branch on
        param: path of the part in the document
        message: what was left out, or is doubtful, and why
    """

    code: str
    param: str | None
    message: str


class TariffImportShape(msgspec.Struct, kw_only=True):
    """The tariffs that were connected from a document, and what of it they do not hold.

    Attributes:
        data: the tariffs that were connected
        warnings: what the tariffs do not hold
    """

    object: Literal["tariff_import"] = "tariff_import"
    data: list[TariffShape]
    warnings: list[LeftOut]


def contract_draft(body: TariffBody) -> ContractDraft:
    """Read what a client says of a tariff."""
    rules = RulesShape(**{name: getattr(body, name) for name in _RULES})
    return ContractDraft(
        site_id=ids.read(body.location_id, "loc", "ste", param="location_id"),
        rules=msgspec.json.encode(rules),
        market_rates=body.market_rates,
        display_name=body.display_name,
        provider_id=ids.read(body.provider_id, "prv", param="provider_id")
        if body.provider_id
        else None,
        metadata=body.metadata or {},
    )


def changed_contract(contract: Contract, patch: Patch[TariffBody]) -> ContractDraft:
    """Apply a merge patch to a tariff; a schedule is replaced as a whole.

    Rules that say the same keep their bytes, so that a patch that changes nothing is seen as such.
    """
    draft = contract_draft(patch.onto(_body(contract)))
    if decoded_rules(draft.rules) == decoded_rules(contract.rules):
        return replace(draft, rules=contract.rules)
    return draft


def tariff_json(caller: Caller, contract: Contract, site: Site) -> bytes:
    """Write a tariff at its site."""
    rules = decoded_rules(contract.rules)
    return msgspec.json.encode(
        TariffShape(
            **{name: getattr(rules, name) for name in _RULES},
            id=ids.wire("trf", contract.id),
            live_mode=caller.live_mode,
            account_id=ids.wire("acc", caller.account_id),
            time_created=instants.text(contract.time_created),
            location_id=ids.wire("loc", contract.site_id),
            display_name=contract.display_name,
            provider_id=ids.wire("prv", contract.provider_id) if contract.provider_id else None,
            metadata=dict(contract.metadata),
            is_linked=contract.linked,
            connection_type=contract.connection_type,
            status=contract.status,
            is_temporary=contract.is_temporary,
            timezone=site.timezone,
            currency_code=site.currency_code,
        )
    )


def with_warnings(tariff: bytes, warnings: Sequence[Fault]) -> bytes:
    """Write a tariff as it was connected or changed."""
    if not warnings:
        return tariff
    return b'%b,"warnings":%b}' % (tariff[:-1], msgspec.json.encode(warned(warnings)))


def import_json(
    caller: Caller, made: Sequence[tuple[Contract, Site]], warnings: Sequence[Fault]
) -> bytes:
    """Write what was imported."""
    told = [LeftOut(fault.code, fault.param, fault.message) for fault in warnings]
    return b'{"object":"tariff_import","data":[%b],"warnings":%b}' % (
        b",".join(tariff_json(caller, contract, site) for contract, site in made),
        msgspec.json.encode(told),
    )


def _body(contract: Contract) -> TariffBody:
    rules = decoded_rules(contract.rules)
    return TariffBody(
        **{name: getattr(rules, name) for name in _RULES},
        location_id=ids.wire("loc", contract.site_id),
        display_name=contract.display_name,
        provider_id=ids.wire("prv", contract.provider_id) if contract.provider_id else None,
        metadata=dict(contract.metadata),
    )
