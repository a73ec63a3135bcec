"""What every object that the API answers has in common."""

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec
from msgspec import UNSET, UnsetType

__all__ = ["UNSET", "Answer", "Model", "Open", "UnsetType", "built"]

Kind = TypeVar("Kind")

if TYPE_CHECKING:
    Open = Union[Kind, str]  # noqa: UP007 (generic)
else:

    class Open:
        """A text with known values, among which a newer server may have others."""

        def __class_getitem__(cls, _: object) -> type[str]:
            return str


@dataclass(frozen=True, slots=True)
class Answer:
    """How the server answered: the status, the headers (names in lower case) and the body."""

    status: int
    headers: dict[str, str]
    content: bytes

    @property
    def request_id(self) -> str | None:
        """The server's id of the call, `req_…`, which its operator can look up."""
        return self.headers.get("request-id")


class Model(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """An object as the API answered it: frozen, with a field for all that this client knows.

    A field that the answer left out is `UNSET`; one that is null is None. Texts with a set of
    values, such as `status`, may hold ones that a newer server has added.
    """

    @property
    def raw(self) -> dict[str, Any]:
        """The JSON object as it came, fields that this client does not know included."""
        found: dict[str, Any] = self.__dict__.get("raw_", {})
        return found

    def __reduce__(self) -> tuple[Any, ...]:
        fields = {name: getattr(self, name) for name in self.__struct_fields__}
        return _restored, (type(self), fields, self.__dict__)

    @property
    def answer(self) -> Answer | None:
        """How the server answered, for what is an answer itself rather than a part of one."""
        found: Answer | None = self.__dict__.get("answer_")
        return found


def _restored(kind: type[Model], fields: dict[str, Any], more: dict[str, Any]) -> Model:
    """Make an object that was pickled or copied, `raw` and `answer` included."""
    made = kind(**fields)
    made.__dict__.update(more)
    return made


def built(kind: type[Kind], document: Any, answer: Answer | None = None) -> Kind:
    """Build an object, or a list of them, from decoded JSON.

    Raises:
        msgspec.ValidationError: when it does not have the fields of its kind.
    """
    made = msgspec.convert(document, kind)
    _attach_all(made, document)
    if isinstance(made, Model):
        made.__dict__["answer_"] = answer
    return made


def _attach(made: Model, document: dict[str, Any]) -> None:
    made.__dict__["raw_"] = document
    for name, sent_as in _nested(type(made)):
        _attach_all(getattr(made, name), document.get(sent_as))


def _attach_all(made: object, document: Any) -> None:
    if isinstance(made, Model):
        _attach(made, document)
    elif isinstance(made, list):
        for one, part in zip(made, document, strict=True):
            _attach_all(one, part)
    elif isinstance(made, dict):
        for name, one in made.items():
            _attach_all(one, document[name])


@cache
def _nested(kind: type[Model]) -> tuple[tuple[str, str], ...]:
    """Name the fields that hold other objects, here and in JSON."""
    hints = get_type_hints(kind)
    names = zip(kind.__struct_fields__, kind.__struct_encode_fields__, strict=True)
    return tuple(pair for pair in names if _holds_models(hints[pair[0]]))


def _holds_models(hint: Any) -> bool:
    if isinstance(hint, TypeVar):
        return hint.__bound__ is Model
    if get_origin(hint) is None:
        return isinstance(hint, type) and issubclass(hint, Model)
    return any(_holds_models(part) for part in get_args(hint))
