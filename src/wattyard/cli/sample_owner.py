"""The owner of the sample account, and the link by which whoever runs it logs in as them."""

from dataclasses import replace
from typing import Final

from wattyard.kernel.context import Context
from wattyard.people.domain import Invitation, Role
from wattyard.people.service import LogIn, People
from wattyard.people.service.people import PersonNotFound
from wattyard.platform.services import Services
from wattyard.platform.settings import Settings

_EMAIL: Final = "owner@sample.example"
_NAME: Final = "Sample owner"


async def owner_link(services: Services, context: Context, settings: Settings, port: int) -> str:
    """Make a one-time link for the owner of the context's account, who is made where missing.

    `port` is where the server listens. The owner may see the screen Operator, too: whoever runs
    the sample runs the server.
    """
    people = services.get(People)
    try:
        await people.find(_EMAIL)
    except PersonNotFound:
        first = Invitation(_EMAIL, _NAME, context.account, Role.OWNER, makes_operator=True)
        _, token = await people.invite(context, first)
        await services.get(LogIn).by_link(context, token, present=None)
    _, token = await people.invite(context, Invitation(_EMAIL, _NAME))
    return f"{replace(settings, port=port).address}/dashboard/link/{token}"
