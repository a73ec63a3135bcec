"""Programs that read from Wattyard, with the configuration of their guides (docs/integrations).

What each sends is recorded from the program (`recorded/`, by `make integrations`) or read in its
source, which is named beside each test.
"""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
import pytest

from tests.integrations import guides
from tests.integrations.guides import NAMES, Reader, at, blocks, configuration
from tests.support.tariff_bodies import entry, hours
from tests.support.world import DOCUMENTED, Tenant, World

RECORDED = Path(__file__).parent / "recorded"
NIGHT_AND_DAY = [entry(("All", hours(("00:00", "07:00", 0.08), ("07:00", "00:00", 0.31))))]


@pytest.fixture
async def place(tenant: Tenant) -> str:
    """A location in Amsterdam that buys for 0.08 at night and 0.31 by day, and sells for 0.05."""
    location_id: str = (await tenant.site())["location_id"]
    await tenant.tariff(location_id, schedule=NIGHT_AND_DAY)
    exported = [entry(("All", hours(("00:00", "00:00", 0.05))))]
    await tenant.tariff(location_id, direction="EXPORT", schedule=exported)
    return location_id


async def reader(world: World, tenant: Tenant, place: str, name: str) -> Reader:
    """Someone with the key that a guide says to make, and no other."""
    own = await world.restricted(tenant, *guides.scopes(name), locations=[place])
    return Reader("http://test", place, own.secret)


async def answered(world: World, url: str, headers: dict[str, str], **given: Any) -> httpx.Response:
    response = await world.http.get(url, headers=headers, **given)
    assert response.status_code == 200, response.text
    return response


@pytest.mark.parametrize("name", NAMES)
def test_a_guide_has_a_key_of_one_location_and_says_what_to_do_when_it_fails(name: str) -> None:
    text = guides.text(name)

    assert guides.scopes(name) == ["prices:read"]
    assert "--location loc_…" in text
    assert "## What you see" in text
    assert "## When it does not work" in text
    known = {status for kinds in DOCUMENTED.values() for status in kinds}
    told = {(int(status), code) for status, code in re.findall(r"(\d{3}) `([a-z_]+)`", text)}
    assert told <= known


async def test_home_assistant_sends_what_was_recorded_and_finds_what_its_templates_name(
    world: World, tenant: Tenant, place: str
) -> None:
    """Recorded from Home Assistant 2024.3.3, which also renders the templates there."""
    own = await reader(world, tenant, place, "home-assistant")
    secrets, main, cheapest = (own.filled(one) for one in blocks("home-assistant", "yaml"))
    config = configuration(main, configuration(secrets))
    recorded = json.loads(own.filled((RECORDED / "home_assistant.json").read_text()))

    assert len(config["rest"]) == len(recorded) == 2
    for one, sent in zip(config["rest"], recorded, strict=True):
        assert one["resource"] == own.url + sent["path"]
        assert one["params"] == dict(parse_qsl(sent["query"]))
        assert one["headers"]["Authorization"] == sent["headers"]["authorization"]
        url = f"{sent['path']}?{sent['query']}"
        found = (await answered(world, url, sent["headers"])).json()
        refused = (await world.http.get(url)).json()
        (sensor,) = one["sensor"]
        assert set(sensor["json_attributes"]) <= set(found)
        for path in re.findall(r"value_json\.([\w.]+)", str(sensor)):
            assert at(found, path) is not None
            assert path not in refused  # so that the sensor is unavailable
    for name in ("valid_from", "price.value"):
        assert name in cheapest
        assert all(at(interval, name) is not None for interval in found["data"])
    assert len(found["data"]) == 3


async def test_evcc_reads_its_list_of_rates(world: World, tenant: Tenant, place: str) -> None:
    """evcc 0.210: `plugin/http.go` sends a GET with the `headers` of the configuration and Go's
    own; `tariff/tariff.go` unmarshals the answer into `api.Rates`, start, end and value each."""
    own = await reader(world, tenant, place, "evcc")
    (text,) = blocks("evcc", "yaml")
    tariffs = configuration(own.filled(text))["tariffs"]
    for name, first in (("grid", 0.31), ("feedin", 0.05)):
        forecast = tariffs[name]["forecast"]
        assert (tariffs[name]["type"], forecast["source"]) == ("custom", "http")
        go = {"User-Agent": "Go-http-client/1.1", "Accept-Encoding": "gzip"}
        rates = (await answered(world, forecast["uri"], {**forecast["headers"], **go})).json()
        assert all(set(rate) == {"start", "end", "value"} for rate in rates)
        ends = [datetime.fromisoformat(rate["end"]) for rate in rates]
        assert rates[0]["value"] == first
        assert ends == sorted(ends)
        assert (ends[-1] - world.clock()).total_seconds() == pytest.approx(72 * 3600, abs=1)
    fixed = f"{own.url}/k/{own.key}/prices?location_id={place}&format=evcc"
    assert fixed in own.filled(guides.text("evcc"))
    assert (await answered(world, fixed, {})).json()


async def test_node_reds_flow_asks_for_the_price_and_has_its_value(
    world: World, tenant: Tenant, place: str
) -> None:
    """Recorded from Node-RED 4.1.15: `21-httprequest.js` adds the headers of got."""
    own = await reader(world, tenant, place, "node-red")
    (text,) = blocks("node-red", "json")
    flow = {node["id"]: node for node in json.loads(own.filled(text))}
    (asks,) = [node for node in flow.values() if node["type"] == "http request"]
    (sent,) = json.loads(own.filled((RECORDED / "node_red.json").read_text()))
    assert asks["url"] == f"{own.url}{sent['path']}?{sent['query']}"
    assert asks["headers"][0]["valueValue"] == sent["headers"]["authorization"]
    answer = await answered(world, asks["url"], sent["headers"])
    (decides,) = [flow[one] for one in asks["wires"][0]]
    assert at({"payload": answer.json()}, decides["property"]) == 0.31
    assert {one for way in decides["wires"] for one in way} <= set(flow)


async def test_grafanas_panels_find_their_columns(world: World, tenant: Tenant, place: str) -> None:
    """Infinity 3.2: `pkg/infinity/request.go` joins the data source's url, the query's and its
    params, sorted by name; `headers.go` sets Accept and the bearer token."""
    own = await reader(world, tenant, place, "grafana")
    (source,) = configuration(own.filled(blocks("grafana", "yaml")[0]))["datasources"]
    dashboard = json.loads(own.filled(blocks("grafana", "json")[0]))
    assert source["url"] in source["jsonData"]["allowedHosts"]
    range_ = {"from": datetime(2026, 2, 28, tzinfo=UTC), "to": datetime(2026, 3, 2, 23, tzinfo=UTC)}
    variables = {"${location}": dashboard["templating"]["list"][0]["query"]}
    for name, time in range_.items():  # as Grafana writes `:date:iso`
        variables[f"${{__{name}:date:iso}}"] = f"{time:%Y-%m-%dT%H:%M:%S}.000Z"
    headers = {
        "Accept": "application/json;q=0.9,text/plain",
        "Authorization": f"Bearer {source['secureJsonData']['bearerToken']}",
    }
    shown = []
    for panel in dashboard["panels"]:
        assert panel["datasource"]["uid"] == source["uid"]
        (query,) = panel["targets"]
        params = {one["key"]: variables[one["value"]] for one in query["url_options"]["params"]}
        url = f"{source['url']}{query['url']}?{urlencode(sorted(params.items()))}"
        rows = at((await answered(world, url, headers)).json(), query["root_selector"])
        rows = rows if isinstance(rows, list) else [rows]
        columns = {one["text"]: one["selector"] for one in query["columns"]}
        shown.append([{name: at(row, path) for name, path in columns.items()} for row in rows])
    line, (now,) = shown
    assert {row["price"] for row in line} == {0.08, 0.31}
    assert all(datetime.fromisoformat(row["time"]) for row in line)
    assert now == {"price": 0.31}


async def test_emhass_is_given_an_object_of_times_and_prices(
    world: World, tenant: Tenant, place: str
) -> None:
    """What the guide's template makes of the sensor: EMHASS 0.18 takes either kind of forecast as
    an object of ISO 8601 times (`docs/passing_data.md`). Home Assistant renders it in
    `make integrations`; here its expressions are read as it does."""
    own = await reader(world, tenant, place, "home-assistant")
    (config,) = (configuration(one) for one in blocks("emhass", "yaml"))
    payload = config["rest_command"]["emhass_dayahead"]["payload"]
    headers = {"Authorization": f"Bearer {own.key}"}
    url = f"/prices?location_id={place}&hours=36"
    data = (await answered(world, url, headers)).json()["data"]
    head, one, tail = re.split(r"\{%-.*?-%\}", payload)
    rendered = [
        re.sub(r"\{\{ one\.([\w.]+) \}\}", lambda found, i=interval: str(at(i, found[1])), one)
        for interval in data
    ]
    ends = ["," if interval is not data[-1] else "" for interval in data]
    written = "".join(
        re.sub(r"\{\{.*?\}\}", end, line) for line, end in zip(rendered, ends, strict=True)
    )
    forecast = json.loads(head + written + tail)["load_cost_forecast"]
    assert list(forecast.values()) == [0.31, 0.08, 0.31]
    assert all(datetime.fromisoformat(time).tzinfo for time in forecast)


def test_the_recorded_requests_hold_no_key() -> None:
    for path in RECORDED.glob("*.json"):
        for sent in json.loads(path.read_text()):
            assert sent["headers"]["authorization"] == "Bearer rk_live_…"
            assert urlsplit(sent["path"]).path.startswith("/prices")
