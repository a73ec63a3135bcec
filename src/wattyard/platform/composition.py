"""What a capability needs and gives, as each of them states it in its `capability.py`."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from wattyard.kernel.context import Context
from wattyard.kernel.measures import Measure
from wattyard.kernel.values import dataclass
from wattyard.platform.db.personal_rows import LogTable, OwnTable
from wattyard.platform.encryption.columns import EncryptedColumn

if TYPE_CHECKING:  # use-cases name these types' neighbours here, and need no HTTP
    from wattyard.platform.http.declare import Endpoint
    from wattyard.platform.work import Job

Port = TypeVar("Port")

Provider = Callable[..., Any]
"""A class, or a function annotated with the type that it gives.

Its parameters are filled by type: with what other capabilities provide, with `Settings`,
`Database` and whatever else `app` is given, or with `Contributions[Port]`.
"""


class Inspected(Protocol):
    """Something that `wattyard doctor` looks at."""

    def complaints(self, context: Context) -> Awaitable[list[str]]:
        """What is wrong, each with what to do about it; empty where all is well."""


class Measured(Protocol):
    """Something that has values for the operator's metrics."""

    def measures(self, context: Context) -> Awaitable[list[Measure]]:
        """The present values of its gauges, by questions that stay quick at any size."""


class Contributions(Generic[Port]):
    """What the capabilities above contribute to a port of one below; may be iterated again."""

    def __init__(self, find: Callable[[], Sequence[Port]]) -> None:
        self._find = find

    def __iter__(self) -> Iterator[Port]:
        return iter(self._find())


@dataclass(frozen=True, slots=True, kw_only=True)
class Capability:
    """The only thing of a capability that the app reads.

    Attributes:
        id_prefixes: the prefixes of the ids that it makes, without the underscore.
        provides: its use-cases, and what fills its ports.
        contributes: pairs of a port of a capability below and the provided type that fills it.
        endpoints: in the order of the documentation.
        jobs: providers of its background work.
        encrypted: the columns in which it keeps secrets.
        inspected: provided types that `wattyard doctor` looks at.
        measured: provided types with values for `/metrics`.
        personal: the tables in which it keeps something of customers of accounts.
    """

    name: str
    id_prefixes: tuple[str, ...]
    provides: tuple[Provider, ...]
    contributes: tuple[tuple[Any, type], ...] = ()
    endpoints: "tuple[Endpoint, ...]" = ()
    jobs: "tuple[Callable[..., Job], ...]" = ()
    encrypted: tuple[EncryptedColumn, ...] = ()
    inspected: tuple[type[Inspected], ...] = ()
    measured: tuple[type[Measured], ...] = ()
    personal: tuple[OwnTable | LogTable, ...] = ()
