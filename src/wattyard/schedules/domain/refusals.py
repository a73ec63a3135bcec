"""Why a plan cannot even be asked for: contradictions inside the request (contract 4)."""

from wattyard.kernel.refusals import Malformed


class DurationInvalid(Malformed):
    """The duration is shorter than a minute or longer than the window."""

    code = "duration_invalid"


class MinSlotMinutesInvalid(Malformed):
    """A slot cannot be asked to last longer than all slots together."""

    code = "min_slot_minutes_invalid"


class LimitMissing(Malformed):
    """A schedule by limit needs `relative` or `absolute`."""

    code = "relative_missing"


class RelativeInvalid(Malformed):
    """A relative limit is a share of the window's price range, 0..1."""

    code = "relative_invalid"


class MinPowerInvalid(Malformed):
    """A device's least power is not between 0 and its largest power."""

    code = "min_power_invalid"


class EndTimeInvalid(Malformed):
    """A window ends before it starts."""

    code = "end_time_invalid"


class EnergyInvalid(Malformed):
    """An energy or power to plan with is negative or not finite."""

    code = "energy_invalid"


class StoreInvalid(Malformed):
    """A battery or a car is described with a number outside its range."""

    code = "device_state_invalid"
