"""The samples of the reference in JavaScript send what those for curl do: in Node.

In a browser it is `tests/browser/test_samples.py`.
"""

import json
import shutil
import subprocess

import pytest

from tests.client.recorded import recorded
from tests.support.javascript import AS_A_FUNCTION, GIVEN, RUN, code_of, prepare, taken, wanted_of

PROGRAM = f"""
{AS_A_FUNCTION}
const {{ codes, given }} = JSON.parse(require("fs").readFileSync(0, "utf8"));
(async () => {{
  for (const [name, code] of codes) {{
    await run(code, given).catch((fault) => {{
      throw new Error(`${{name}}: ${{fault}}`);
    }});
  }}
}})();
"""


@pytest.mark.skipif(shutil.which("node") is None, reason="no Node: apt-get install nodejs")
def test_every_sample_in_javascript_sends_what_curl_does() -> None:
    with recorded() as server:
        prepare(server, RUN)
        given = {"url": server.url, **GIVEN}
        done = subprocess.run(
            ["node", "-e", PROGRAM],
            input=json.dumps({"codes": [[one.name, code_of(one)] for one in RUN], "given": given}),
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        found = taken(server, RUN)
    assert found == {one.name: wanted_of(one) for one in RUN}
