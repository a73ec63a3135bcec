"""Which of a device's ratings holds where several are given (contract 1, Devices; contract 4)."""

import pytest

from wattyard.sites.domain.devices import Battery, EvCharger, HeatPump, Inverter, Properties

V2G = EvCharger(max_power_kw=11, v2g_capable=True)


@pytest.mark.parametrize(
    ("properties", "discharge_kw"),
    [
        (Properties(ev_charger=V2G), 11),
        (Properties(ev_charger=V2G, power_rating_import_kw=7), 11),
        (Properties(ev_charger=V2G, power_rating_export_kw=3.7), 3.7),
        (Properties(ev_charger=V2G, battery=Battery(charge_power_kw=7.4)), 7.4),
        (Properties(ev_charger=V2G, battery=Battery(discharge_power_kw=5)), 5),
        (Properties(ev_charger=V2G, inverter=Inverter(ac_export_limit_kw=4.6)), 4.6),
        (Properties(power_rating_kw=3), 3),
        (Properties(), None),
    ],
    ids=["charger", "flat", "export", "as charging", "battery", "inverter", "rating", "unknown"],
)
def test_what_is_not_known_of_discharging_is_as_charging(
    properties: Properties, discharge_kw: float | None
) -> None:
    """Decision 0006: the charger's power counts, unless the car itself says how fast it charges."""
    assert properties.discharge_power_kw == discharge_kw


@pytest.mark.parametrize(
    ("properties", "least_kw"),
    [
        (Properties(ev_charger=EvCharger(max_power_kw=11, min_power_kw=2, phases=3)), 2),
        (Properties(ev_charger=EvCharger(max_power_kw=11, phases=3)), 4.14),
        (Properties(ev_charger=EvCharger(max_power_kw=11, phases=3, phase_switching=True)), 1.38),
        (Properties(ev_charger=EvCharger(max_power_kw=3.7, phases=3)), 3.7),
        (Properties(ev_charger=EvCharger(max_power_kw=11)), 0),
        (Properties(heat_pump=HeatPump(max_power_kw=3, min_power_kw=1)), 1),
        (Properties(power_rating_import_kw=11), 0),
    ],
    ids=["said", "phases", "switching", "small", "unknown", "heat pump", "flat"],
)
def test_a_charger_has_a_least_power(properties: Properties, least_kw: float) -> None:
    """6 A on each phase at 230 V, where nothing is said."""
    assert properties.least_power_kw == pytest.approx(least_kw)
