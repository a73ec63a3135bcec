"""`wattyard plan`: requests that cannot be read are refused in a sentence."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from wattyard.cli import app
from wattyard.cli.options import CommandFailed

OF = ("--account", "acc_" + "0" * 32, "--mode", "test")
SITE = ("--site", "loc_" + "0" * 32)


@pytest.mark.parametrize(("content", "said"), [(None, "cannot be read"), ("[]", "JSON object")])
def test_a_request_that_is_no_body_is_refused(
    tmp_path: Path, content: str | None, said: str
) -> None:
    file = tmp_path / "request.json"
    if content is not None:
        file.write_text(content)

    done = CliRunner().invoke(app, ["plan", *OF, *SITE, "--request", str(file)])

    assert isinstance(done.exception, CommandFailed)
    assert said in str(done.exception)


def test_a_request_is_for_a_site_only(tmp_path: Path) -> None:
    asked = ("dev_" + "0" * 32, "--request", str(tmp_path / "request.json"))

    done = CliRunner().invoke(app, ["plan", *OF, *asked, "--data", str(tmp_path / "none")])

    assert (done.exit_code, "--request" in done.output) == (2, True)
