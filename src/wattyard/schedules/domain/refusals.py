"""Why a plan cannot even be asked for: contradictions inside the request (contract 4)."""

from wattyard.kernel.refusals import Malformed, StateForbids


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


class StorageInvalid(Malformed):
    """A battery or a car is described with a number outside its range."""

    code = "device_state_invalid"


class MaxPowerInvalid(Malformed):
    """A largest power is above the device's own rating; the message names it."""

    code = "max_power_invalid"


class MaxPowerMissing(Malformed):
    """The device has no rated power, so that the request has to say how much it can take."""

    code = "max_power_missing"


class DeviceTwice(Malformed):
    """A device is planned twice at the same time."""

    code = "device_id_invalid"


class ReadyByInvalid(Malformed):
    """The goal is to be reached before the plan starts or after it ends."""

    code = "ready_by_invalid"


class LocationMissing(Malformed):
    """The device is at several locations, so that the request has to say which is meant."""

    code = "location_id_missing"


class NoDeviceState(StateForbids):
    """The state of charge is unknown: send it in the request, or report a device state."""

    code = "no_device_state"


class DeviceRatingMissing(StateForbids):
    """The device's capacity or power is unknown, so that its charge cannot be planned."""

    code = "device_rating_missing"
