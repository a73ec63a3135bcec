"""Accounts: who calls, and in which mode."""

from typing import Final

from wattyard.accounts.routes import ENDPOINTS
from wattyard.accounts.service import ENCRYPTED, Accounts, Purge, Usage
from wattyard.accounts.service.doctor import Doctor
from wattyard.kernel.context import Contexts
from wattyard.platform.composition import Capability
from wattyard.platform.http.streams import Admission


def admission(accounts: Accounts, contexts: Contexts) -> Admission:
    return Admission(
        lambda call: accounts.authenticate(
            call.header(b"authorization"), contexts.clock(), address=call.address
        )
    )


ACCOUNTS: Final = Capability(
    name="accounts",
    id_prefixes=("acc", "key"),
    provides=(Accounts, Purge, Usage, admission, Doctor),
    endpoints=ENDPOINTS,
    encrypted=ENCRYPTED,
    inspected=(Accounts,),
)
