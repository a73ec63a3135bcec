"""Writes `codes.py`: an error class for each code."""

from typing import Any

from generator.models import docstring

Json = dict[str, Any]

_HEAD = '''"""An error class for each code. Written by `make client`."""

from wattyard_client import _errors as errors
'''
_BASES = {
    "400": "BadRequest",
    "401": "Unauthenticated",
    "403": "Forbidden",
    "404": "NotFound",
    "409": "Conflict",
    "412": "PreconditionFailed",
    "413": "TooLarge",
    "422": "Unprocessable",
    "429": "RateLimited",
}


def codes(described: Json) -> str:
    """Write a class for each code that a call can be refused with."""
    found: dict[str, tuple[str, str]] = {}
    for methods in described["paths"].values():
        for operation in methods.values():
            for status, response in operation["responses"].items():
                told = _told(response["description"])
                for code in response.get("x-error-codes", ()):
                    if "<" not in code:
                        found.setdefault(code, (status, told.get(code, "")))
    lines = [_HEAD]
    for code, (status, text) in sorted(found.items()):
        base = _BASES.get(status, "ServerError" if status >= "500" else "ApiError")
        said = docstring(f"{status} `{code}`: {text}", (), "", "    ")
        lines += [f"class {class_name(code)}(errors.{base}):\n{said}\n"]
    rows = ",\n".join(f'    "{code}": {class_name(code)}' for code in sorted(found))
    lines += [f"errors.ApiError.by_code.update({{\n{rows},\n}})\n"]
    return "\n\n".join(lines)


def class_name(code: str) -> str:
    """Name the class of a code: `device_not_found` is `DeviceNotFound`."""
    return "".join(part.capitalize() for part in code.split("_"))


def _told(description: str) -> dict[str, str]:
    rows = [line.removeprefix("* `").partition("`: ") for line in description.splitlines()]
    return {code: text for code, _, text in rows if text}
