"""Endpoints of device states (contract 1, Device state)."""

from wattyard.kernel.context import Context
from wattyard.kernel.scopes import Scope
from wattyard.platform.http import LIST_REFUSALS, List, ListQuery, endpoint, list_answer
from wattyard.platform.http.binding import path_id
from wattyard.sites.domain.devices import DeviceNotFound
from wattyard.sites.domain.sites import LocationNotFound
from wattyard.sites.domain.states import DeviceStateNotFound, TimeInvalid
from wattyard.sites.service import States
from wattyard.sites.wire import examples
from wattyard.sites.wire.states import (
    StateBody,
    StateKept,
    StateShape,
    state_json,
    state_kept,
    state_report,
)


@endpoint(
    "PUT",
    "/devices/{device_id}/state",
    "device_state_update",
    scope=Scope.STATES_WRITE,
    body=StateBody,
    answers=StateKept,
    refuses=(DeviceNotFound, LocationNotFound, TimeInvalid),
    example=examples.STATE_KEPT,
    example_body=examples.STATE_BODY,
)
async def put_state(context: Context, device_id: str, body: StateBody, states: States) -> StateKept:
    """Report the state of a device.

    The newest by `time` is the current one; an older one is kept as history. A repeated
    `record_reference_id` answers the first report. No event is recorded.
    """
    id_ = path_id(device_id, "dev", missing=DeviceNotFound)
    return state_kept(context.caller, await states.report(context, id_, state_report(body)))


@endpoint(
    "GET",
    "/devices/{device_id}/state",
    "device_state_retrieve",
    scope=Scope.SITES_READ,
    answers=StateShape,
    refuses=(DeviceNotFound, DeviceStateNotFound),
    example=examples.STATE,
    tagged=True,
)
async def get_state(context: Context, device_id: str, states: States) -> bytes:
    """Retrieve the newest state of a device, by its own time."""
    id_ = path_id(device_id, "dev", missing=DeviceNotFound)
    return state_json(context, await states.current(context, id_))


@endpoint(
    "GET",
    "/devices/{device_id}/states",
    "device_state_list",
    scope=Scope.SITES_READ,
    query=ListQuery,
    answers=List[StateShape],
    refuses=(DeviceNotFound, *LIST_REFUSALS),
    example=examples.STATE_LIST,
)
async def list_states(context: Context, device_id: str, query: ListQuery, states: States) -> bytes:
    """List the states of a device, the last received first."""
    id_ = path_id(device_id, "dev", missing=DeviceNotFound)
    page = await states.history(context, id_, query.window("dsr"))
    shown = (state_json(context, state) for state in page.items)
    return list_answer(
        f"/devices/{device_id}/states", shown, has_more=page.has_more, backwards=query.backwards
    )


ENDPOINTS = (put_state, get_state, list_states)
