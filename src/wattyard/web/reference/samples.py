"""A request as a line of curl, in Python, and in JavaScript."""

from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

from wattyard.platform.document.client_calls import argument, client_call
from wattyard.web.reference.literals import PYTHON, written
from wattyard.web.reference.outline import DescribedOperation, Json, Outline, name_of

_LINE: Final = 60
_PYTHON: Final = """\
from wattyard_client import Wattyard

yard = Wattyard()  # WATTYARD_URL, WATTYARD_ACCOUNT_ID, WATTYARD_SECRET_KEY
{call}"""


class CodeSample(NamedTuple):
    """A request in one language."""

    title: str
    language: str
    code: str


def samples(operation: DescribedOperation, outline: Outline) -> list[CodeSample]:
    """Write the request that the document has as its example."""
    path = outline.sample_path(operation)
    query = {one["name"]: one["example"] for one in operation.parameters if "example" in one}
    whole = f"{path}?{urlencode(query)}" if query else path
    body = (operation.body or {}).get("example")
    return [
        CodeSample("curl", "bash", _curl(operation, whole, body)),
        CodeSample("Python", "python", _python(operation, query, body, outline)),
        CodeSample("JavaScript", "javascript", _javascript(operation, whole, body)),
    ]


def _curl(operation: DescribedOperation, path: str, body: Any) -> str:  # noqa: ANN401 (any JSON)
    method = "" if operation.method == "GET" else f"-X {operation.method} "
    lines = [f'curl {method}"$WATTYARD_URL{path}"']
    if _takes_a_key(operation):
        lines.append('-u "$WATTYARD_ACCOUNT_ID:$WATTYARD_SECRET_KEY"')
    elif not operation.is_open:
        lines.append('-H "Authorization: Bearer $WATTYARD_SECRET_KEY"')
    if body is not None:
        text = written(body).replace("'", "'\\''")
        lines += ['-H "Content-Type: application/json"', f"-d '{text}'"]
    return " \\\n  ".join(lines)


def _python(operation: DescribedOperation, query: Json, body: Any, outline: Outline) -> str:  # noqa: ANN401
    resource, method = client_call(operation.name, operation.path)
    if operation.name == "event_stream":
        return _PYTHON.format(call="for event in yard.events.stream():\n    print(event)")
    given = [_literal(outline.sample(name)) for name in operation.path_names]
    if isinstance(body, dict) and name_of((operation.body or {})["schema"]):
        given += [f"{argument(name)}={_literal(value)}" for name, value in body.items()]
    elif body is not None:
        given.append(_literal(body))
    kinds = {one["name"]: one["schema"].get("type") for one in operation.parameters}
    given += [f"{argument(name)}={_of_query(value, kinds[name])}" for name, value in query.items()]
    said = ", ".join(given)
    if len(said) > _LINE:
        said = "\n" + "".join(f"    {one},\n" for one in given).replace("\n\n", "\n")
    call = f"yard.{resource}.{method}({said})"
    listed = (name_of(operation.answer[1].get("schema", {})) or "").endswith("List")
    shown = f"for one in {call}:\n    print(one)" if listed else f"answer = {call}\nprint(answer)"
    return _PYTHON.format(call=shown)


def _literal(value: Any) -> str:  # noqa: ANN401 (any JSON)
    return written(value, PYTHON, indent=4)


def _of_query(value: str, kind: str | None) -> str:
    if kind == "integer":
        return value
    return _literal(value == "true" if value in ("true", "false") else value)


def _javascript(operation: DescribedOperation, path: str, body: Any) -> str:  # noqa: ANN401 (any JSON)
    options = [f'  method: "{operation.method}",'] if operation.method != "GET" else []
    headers = []
    if _takes_a_key(operation):
        headers.append("Authorization: `Basic ${btoa(`${accountId}:${secretKey}`)}`")
    elif not operation.is_open:
        headers.append("Authorization: `Bearer ${key}`")
    if body is not None:
        headers.append('"Content-Type": "application/json"')
    if headers:
        options.append(f"  headers: {{ {', '.join(headers)} }},")
    if body is not None:
        text = written(body, indent=2)
        options.append(f"  body: JSON.stringify({text}),")
    given = ", {\n" + "\n".join(options) + "\n}" if options else ""
    return (
        f"const answer = await fetch(`${{url}}{path}`{given});\n"
        "if (!answer.ok) throw new Error(await answer.text());\n"
        "console.log(await answer.text());"
    )


def _takes_a_key(operation: DescribedOperation) -> bool:
    return operation.schemes[:1] == ["basicAuth"]
