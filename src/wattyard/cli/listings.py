"""`wattyard site`, `device`, `event` and `delivery`, and every `list` of what an account has."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import msgspec
import typer

from wattyard.accounts.service import Accounts
from wattyard.app import Services
from wattyard.cli.accounts import AccountOption, Mode
from wattyard.cli.customer_data import erase_customer, export_customer
from wattyard.cli.database import run
from wattyard.cli.imports import import_sites
from wattyard.cli.options import MODE_VARIABLE, DatabaseOption, DataOption, JsonOption
from wattyard.cli.printing import print_rows
from wattyard.events.domain.deliveries import Delivery
from wattyard.events.domain.log import Event
from wattyard.events.service import Deliveries, Events
from wattyard.kernel import ids, instants
from wattyard.kernel.callers import Caller
from wattyard.kernel.context import Context, Contexts
from wattyard.kernel.pages import LIMIT, Page, PageWindow
from wattyard.kernel.values import dataclass
from wattyard.sites.domain.devices import Device
from wattyard.sites.domain.sites import Customer, Site
from wattyard.sites.service import Customers, Devices, Sites
from wattyard.tariffs.domain.contracts import Contract
from wattyard.tariffs.service import Tariffs

site = typer.Typer(help="Sites of an account.", no_args_is_help=True)
customer = typer.Typer(help="Customers of an account, and their data.", no_args_is_help=True)
device = typer.Typer(help="Devices of an account.", no_args_is_help=True)
event = typer.Typer(help="What changed at an account.", no_args_is_help=True)
delivery = typer.Typer(help="Events on their way to webhooks.", no_args_is_help=True)

site.command("import")(import_sites)
customer.command("export")(export_customer)
customer.command("erase")(erase_customer)

ModeOption = Annotated[
    Mode, typer.Option("--mode", help="Which data: test or live.", envvar=MODE_VARIABLE)
]
LimitOption = Annotated[int, typer.Option("--limit", help="How many to list.", min=1, max=100)]
AfterOption = Annotated[
    str | None, typer.Option("--after", help="Go on after this id, the last one listed before.")
]
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class AccountList:
    """Whose objects to list, which page of them, and how to print it."""

    account: str
    mode: Mode
    limit: int
    after: str | None
    json: bool
    data: Path | None
    database: str | None

    def window(self, prefix: str) -> PageWindow:
        """Say which page to read."""
        if self.after is None:
            return PageWindow(self.limit)
        return PageWindow(self.limit, older_than=ids.read(self.after, prefix, param="after"))


def _list(
    asked: AccountList,
    read: Callable[[Services, Context], Awaitable[Page[Any]]],
    row: Callable[[Any], Row],
) -> None:
    account_id = ids.read(asked.account, "acc", param="account")

    async def work(services: Services) -> list[Row]:
        owner = await services.get(Accounts).account(account_id)
        caller = Caller(owner.number, owner.id, asked.mode is Mode.live)
        page = await read(services, services.get(Contexts).of(caller))
        return [row(one) for one in page.items]

    print_rows(run(asked.data, asked.database, work), json=asked.json)


@site.command("list")
def list_sites(
    account: AccountOption,
    mode: ModeOption,
    reference: Annotated[
        str | None, typer.Option("--reference", help="Only sites of this reference.")
    ] = None,
    limit: LimitOption = LIMIT,
    after: AfterOption = None,
    json: JsonOption = False,
    data: DataOption = None,
    database: DatabaseOption = None,
) -> None:
    """List sites, newest first."""
    asked = AccountList(account, mode, limit, after, json, data, database)
    window = asked.window("ste")
    _list(
        asked,
        lambda services, context: services.get(Sites).summaries(
            context, window, reference_id=reference
        ),
        _site,
    )


@customer.command("list")
def list_customers(
    account: AccountOption,
    mode: ModeOption,
    reference: Annotated[
        str | None, typer.Option("--reference", help="Only customers of this reference.")
    ] = None,
    limit: LimitOption = LIMIT,
    after: AfterOption = None,
    json: JsonOption = False,
    data: DataOption = None,
    database: DatabaseOption = None,
) -> None:
    """List customers, newest first."""
    asked = AccountList(account, mode, limit, after, json, data, database)
    window = asked.window("cus")
    _list(
        asked,
        lambda services, context: services.get(Customers).page(
            context, window, reference_id=reference
        ),
        _customer,
    )


def _customer(customer: Customer) -> Row:
    return {
        "id": ids.wire("cus", customer.id),
        "reference_id": customer.reference_id,
        "locations": len(customer.locations),
        "time_created": instants.text(customer.time_created),
    }


def _site(summary: bytes) -> Row:
    site = msgspec.json.decode(summary)
    return {
        "id": site["id"],
        "reference_id": site["reference_id"],
        "status": site["status"],
        "devices": len(site["devices"]),
        "timezone": site["timezone"],
    }


@device.command("list")
def list_devices(
    account: AccountOption,
    mode: ModeOption,
    reference: Annotated[
        str | None, typer.Option("--reference", help="Only devices of this reference.")
    ] = None,
    limit: LimitOption = LIMIT,
    after: AfterOption = None,
    json: JsonOption = False,
    data: DataOption = None,
    database: DatabaseOption = None,
) -> None:
    """List devices, newest first."""
    asked = AccountList(account, mode, limit, after, json, data, database)
    window = asked.window("dev")
    _list(
        asked,
        lambda services, context: services.get(Devices).page(
            context, window, reference_id=reference
        ),
        _device,
    )


def _device(one: Device) -> Row:
    return {
        "id": ids.wire("dev", one.id),
        "type": one.type,
        "reference_id": one.reference_id,
        "last_seen": one.last_seen and instants.text(one.last_seen),
    }


def list_tariffs(
    account: AccountOption,
    mode: ModeOption,
    location: Annotated[
        str | None, typer.Option("--location", help="Only tariffs of this location, loc_….")
    ] = None,
    limit: LimitOption = LIMIT,
    after: AfterOption = None,
    json: JsonOption = False,
    data: DataOption = None,
    database: DatabaseOption = None,
) -> None:
    """List tariffs, newest first."""
    asked = AccountList(account, mode, limit, after, json, data, database)
    window = asked.window("trf")
    site_id: UUID | None = None
    if location is not None:
        site_id = ids.read(location, "loc", param="location")
    _list(
        asked,
        lambda services, context: services.get(Tariffs).page(context, window, site_id=site_id),
        _tariff,
    )


def _tariff(one: tuple[Contract, Site]) -> Row:
    contract, _ = one
    return {
        "id": ids.wire("trf", contract.id),
        "location_id": ids.wire("loc", contract.site_id),
        "direction": contract.direction,
        "type": contract.type,
        "status": contract.status,
    }


@event.command("list")
def list_events(
    account: AccountOption,
    mode: ModeOption,
    type_: Annotated[
        str | None, typer.Option("--type", help="Only events of this type, such as site.*.")
    ] = None,
    limit: LimitOption = LIMIT,
    after: AfterOption = None,
    json: JsonOption = False,
    data: DataOption = None,
    database: DatabaseOption = None,
) -> None:
    """List events, newest first."""
    asked = AccountList(account, mode, limit, after, json, data, database)
    window = asked.window("evt")
    _list(
        asked,
        lambda services, context: services.get(Events).page(context, window, event_type=type_),
        _event,
    )


def _event(one: Event) -> Row:
    return {
        "id": ids.wire("evt", one.id),
        "type": one.type,
        "object_id": one.object_id,
        "time_created": instants.text(one.time_created),
    }


@delivery.command("list")
def list_deliveries(
    account: AccountOption,
    mode: ModeOption,
    limit: LimitOption = LIMIT,
    after: AfterOption = None,
    json: JsonOption = False,
    data: DataOption = None,
    database: DatabaseOption = None,
) -> None:
    """List deliveries, newest first."""
    asked = AccountList(account, mode, limit, after, json, data, database)
    window = asked.window("whd")
    _list(
        asked, lambda services, context: services.get(Deliveries).page(context, window), _delivery
    )


def _delivery(one: Delivery) -> Row:
    return {
        "id": ids.wire("whd", one.id),
        "event_type": one.event_type,
        "status": one.status,
        "attempts": one.attempts,
        "status_code": one.status_code,
        "error": one.error,
    }
