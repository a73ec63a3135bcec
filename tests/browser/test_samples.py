"""The samples of the reference in JavaScript send what those for curl do: in a browser."""

from playwright.sync_api import Browser

from tests.client.recorded import recorded
from tests.support.javascript import AS_A_FUNCTION, GIVEN, RUN, code_of, prepare, taken, wanted_of

EMPTY = '<!doctype html><link rel="icon" href="data:,"><title>empty</title>'


def test_every_sample_in_javascript_sends_what_curl_does(chromium: Browser) -> None:
    with recorded() as server:
        page = chromium.new_page()
        page.route(
            f"{server.url}/empty", lambda route: route.fulfill(body=EMPTY, content_type="text/html")
        )
        page.goto(f"{server.url}/empty")
        prepare(server, RUN)
        failed = page.evaluate(
            f"""async ([codes, given]) => {{
                {AS_A_FUNCTION}
                const failed = {{}};
                for (const [name, code] of codes) {{
                    await run(code, given).catch((fault) => (failed[name] = String(fault)));
                }}
                return failed;
            }}""",
            [[[one.name, code_of(one)] for one in RUN], {"url": server.url, **GIVEN}],
        )
        assert failed == {}
        found = taken(server, RUN)
        page.close()
    assert found == {one.name: wanted_of(one) for one in RUN}
