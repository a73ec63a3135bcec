"""Home Assistant itself with the configuration of its guide; run by `make integrations` in an
environment of its own, with the plugin pytest-homeassistant-custom-component."""

import json
import os
from pathlib import Path

import pytest
import yaml
from homeassistant.core import HomeAssistant
from homeassistant.helpers.template import Template
from homeassistant.setup import async_setup_component

GIVEN = Path(os.environ["WATTYARD_GIVEN"])
"""The blocks of the guides, filled in."""
RECORDED_AT, SERVER = os.environ["WATTYARD_RECORDED_AT"], os.environ["WATTYARD_SERVER"]


def config(name: str) -> dict:
    loader = type("Loader", (yaml.SafeLoader,), {})
    secrets = yaml.safe_load((GIVEN / "secrets.yaml").read_text())
    loader.add_constructor("!secret", lambda _, node: secrets[node.value])
    return yaml.load((GIVEN / name).read_text(), Loader=loader)  # noqa: S506 (safe but for one tag)


@pytest.fixture
def expected_lingering_timers() -> bool:
    """Sensors ask again as long as Home Assistant runs."""
    return True


@pytest.mark.usefixtures("socket_enabled")
async def test_sensors_have_prices(hass: HomeAssistant) -> None:
    assert await async_setup_component(hass, "rest", config("configuration.yaml"))
    assert await async_setup_component(hass, "template", config("template.yaml"))
    await hass.async_block_till_done()

    now = hass.states.get("sensor.electricity_price")
    assert float(now.state) in (0.08, 0.31)
    assert now.attributes["unit_of_measurement"] == "EUR/kWh"
    assert now.attributes["next"]["value"] in (0.08, 0.31)
    ahead = hass.states.get("sensor.electricity_prices")
    assert int(ahead.state) == len(ahead.attributes["data"]) >= 3
    cheapest = hass.states.get("sensor.cheapest_electricity")
    assert cheapest.state.startswith("20")

    template = config("emhass.yaml")["rest_command"]["emhass_dayahead"]["payload"]
    given = json.loads(Template(template, hass).async_render(parse_result=False))
    assert set(given["load_cost_forecast"].values()) == {0.08, 0.31}


@pytest.mark.usefixtures("socket_enabled")
async def test_sensors_of_a_key_that_is_refused_have_no_state(hass: HomeAssistant) -> None:
    refused = config("configuration.yaml")
    for one in refused["rest"]:
        one["resource"] = one["resource"].replace(RECORDED_AT, SERVER)  # not to be recorded
        one["headers"]["Authorization"] = "Bearer rk_test_wrong"
    assert await async_setup_component(hass, "rest", refused)
    await hass.async_block_till_done()
    for name in ("electricity_price", "electricity_prices"):
        state = hass.states.get(f"sensor.{name}")  # 2024.3 does not even add a sensor of numbers
        assert state is None or state.state in ("unavailable", "0")
