"""An error class for each code. Written by `make client`."""

from wattyard_client import _errors as errors


class AccountDisabled(errors.Unprocessable):
    """422 `account_disabled`: The account is disabled; the operator of this server can
    enable it again.
    """


class AccountMoving(errors.ServerError):
    """503 `account_moving`: The account is being moved, or was moved, to another part of
    the service: try again.
    """


class ApiVersionNotSupported(errors.Unprocessable):
    """422 `api_version_not_supported`: `Flatpeak-Version` names a release that is older
    than the account's default.
    """


class BodyIncomplete(errors.BadRequest):
    """400 `body_incomplete`: The body ended before it was complete: send it again."""


class BodyTooLarge(errors.TooLarge):
    """413 `body_too_large`: The body is larger than this endpoint allows."""


class CityMissing(errors.BadRequest):
    """400 `city_missing`: An address needs its `city` (or send `timezone` and
    `currency_code`).
    """


class CodeTaken(errors.Conflict):
    """409 `code_taken`: Another market source of this account and mode has that code."""


class Conflict(errors.Conflict):
    """409 `conflict`: The request conflicts with the present state, or with a request that
    is still running.
    """


class CountryCodeInvalid(errors.BadRequest):
    """400 `country_code_invalid`: `country_code` is not an upper-case ISO 3166-1 alpha-2
    code.
    """


class CountryCodeMissing(errors.BadRequest):
    """400 `country_code_missing`: An address needs its `country_code` (or send `timezone`
    and `currency_code`).
    """


class CredentialsInvalid(errors.Unauthenticated):
    """401 `credentials_invalid`: The account id and secret key do not match, or one of them
    does not exist.
    """


class CurrenciesMixed(errors.Unprocessable):
    """422 `currencies_mixed`: The energy was metered at locations with different
    currencies; ask for each one's costs.
    """


class CurrencyCodeInvalid(errors.BadRequest):
    """400 `currency_code_invalid`: `currency_code` is not an ISO 4217 code of a currency in
    use.
    """


class CurrencyCodeUndetermined(errors.Unprocessable):
    """422 `currency_code_undetermined`: The country has no legal tender of its own: send
    `currency_code`.
    """


class CustomerNotFound(errors.NotFound):
    """404 `customer_not_found`: There is no such customer in this account and mode."""


class DateInvalid(errors.BadRequest):
    """400 `date_invalid`: This is not a date, or the location's time zone skipped it."""


class DeviceIdInvalid(errors.BadRequest):
    """400 `device_id_invalid`: A device is planned twice at the same time."""


class DeviceNotAtLocation(errors.Unprocessable):
    """422 `device_not_at_location`: The device is not at the location; PATCH its
    `locations` first.
    """


class DeviceNotFound(errors.NotFound):
    """404 `device_not_found`: There is no such device in this account and mode."""


class DeviceRatingMissing(errors.Unprocessable):
    """422 `device_rating_missing`: The device's capacity or power is unknown, so that its
    charge cannot be planned.
    """


class DeviceStateNotFound(errors.NotFound):
    """404 `device_state_not_found`: The device has not reported a state yet."""


class DocumentCurrencyMismatch(errors.Unprocessable):
    """422 `document_currency_mismatch`: The document's prices are in another currency than
    that of the location.
    """


class DurationInvalid(errors.BadRequest):
    """400 `duration_invalid`: The duration is shorter than a minute or longer than the
    window.
    """


class EndTimeInvalid(errors.BadRequest):
    """400 `end_time_invalid`: The span holds more prices than one answer gives: ask for a
    shorter one.
    """


class EndTimeMissing(errors.BadRequest):
    """400 `end_time_missing`: `end_time` is needed, or `hours`."""


class EventNotFound(errors.NotFound):
    """404 `event_not_found`: There is no such event in this account and mode."""


class EventTypeInvalid(errors.BadRequest):
    """400 `event_type_invalid`: `event_type` is neither a type that exists nor a family of
    them such as `customer.*`.
    """


class EventTypesInvalid(errors.BadRequest):
    """400 `event_types_invalid`: One of `event_types` is neither the name of a type nor of
    the form `tariff.*`.
    """


class FormulaInvalid(errors.Unprocessable):
    """422 `formula_invalid`: A price formula cannot be read or can never be calculated; the
    message names the column.
    """


class GapInTimePeriod(errors.Unprocessable):
    """422 `gap_in_time_period`: On some day of the contract a time of day has no price."""


class GeoLocationNotFound(errors.Unprocessable):
    """422 `geo_location_not_found`: `geo_location` lies where no country is: in the open
    sea, or at a pole.
    """


class HeadTooLarge(errors.ApiError):
    """431 `head_too_large`: The request's line, headers and trailers together are larger
    than 64 KiB.
    """


class HeadersInvalid(errors.BadRequest):
    """400 `headers_invalid`: One of `headers` cannot be sent, or belongs to HTTP or to the
    signature.
    """


class HolidayUnknown(errors.Unprocessable):
    """422 `holiday_unknown`: `holidays` names a day that the calendar of the location's
    country and state lacks.
    """


class IdempotencyAnswerTooLarge(errors.Conflict):
    """409 `idempotency_answer_too_large`: The first request was carried out, but its answer
    of more than 1 MiB was not kept. Read what it made instead. A calculation is never
    refused so: it is done again.
    """


class IdempotencyInProgress(errors.Conflict):
    """409 `idempotency_in_progress`: The first request with this `Idempotency-Key` is still
    running; repeat it in a moment.
    """


class IdempotencyKeyInvalid(errors.BadRequest):
    """400 `idempotency_key_invalid`: `Idempotency-Key` is not 1 to 255 printable ASCII
    characters.
    """


class IdempotencyKeyReused(errors.Conflict):
    """409 `idempotency_key_reused`: This `Idempotency-Key` was used before with another
    body or path; use a new key.
    """


class IncompleteTimePeriod(errors.Unprocessable):
    """422 `incomplete_time_period`: Some date of the contract is matched by no entry of the
    schedule.
    """


class InternalError(errors.ServerError):
    """500 `internal_error`: A fault on our side; the server's log has it under the request
    id.
    """


class JsonInvalid(errors.BadRequest):
    """400 `json_invalid`: The body is not JSON (RFC 8259); the message tells line and
    column.
    """


class KeyNotFound(errors.NotFound):
    """404 `key_not_found`: There is no such key."""


class KeyRevoked(errors.Unauthenticated):
    """401 `key_revoked`: The key, or the key that made this token, was revoked or has
    expired.
    """


class LastEventIdInvalid(errors.BadRequest):
    """400 `last_event_id_invalid`: `Last-Event-ID` is not the id of an event."""


class LimitInvalid(errors.BadRequest):
    """400 `limit_invalid`: `limit` is not a whole number from 1 to 100."""


class LimitReached(errors.Unprocessable):
    """422 `limit_reached`: The account has as many of these as it may have; the message
    names the limit and its number.
    """


class LocationIdMissing(errors.BadRequest):
    """400 `location_id_missing`: `location_id` is needed: the device is at several
    locations, or no device is named.
    """


class LocationNotFound(errors.NotFound):
    """404 `location_not_found`: There is no such location in this account and mode."""


class MarketCurrencyMismatch(errors.Unprocessable):
    """422 `market_currency_mismatch`: The market source is in another currency than the
    location, and nothing converts it.
    """


class MarketPriceOverlap(errors.Unprocessable):
    """422 `market_price_overlap`: Two intervals with a price would overlap; nothing of the
    batch was kept.
    """


class MarketSourceInUse(errors.Unprocessable):
    """422 `market_source_in_use`: Prices or formulas depend on what is to be changed; make
    another source instead.
    """


class MarketSourceNotFound(errors.NotFound):
    """404 `market_source_not_found`: There is no such market source in this account and
    mode, nor among the operator's.
    """


class MarketSourceReadOnly(errors.Unprocessable):
    """422 `market_source_read_only`: The market source is the operator's: it can be read by
    every account, not changed.
    """


class MarketUnitMismatch(errors.Unprocessable):
    """422 `market_unit_mismatch`: A rate of exchange is not a price of energy, and a price
    of energy converts nothing.
    """


class MaxPowerInvalid(errors.BadRequest):
    """400 `max_power_invalid`: A largest power is above the device's own rating; the
    message names it.
    """


class MaxPowerMissing(errors.BadRequest):
    """400 `max_power_missing`: The device has no rated power, so that the request has to
    say how much it can take.
    """


class MediaTypeUnsupported(errors.ApiError):
    """415 `media_type_unsupported`: The body's `Content-Type` or `Content-Encoding` is not
    one that this endpoint reads.
    """


class MeterBatchNotFound(errors.NotFound):
    """404 `meter_batch_not_found`: There is no such meter batch in this account and mode."""


class MinPowerInvalid(errors.BadRequest):
    """400 `min_power_invalid`: A device's least power is not between 0 and its largest
    power.
    """


class MinSlotMinutesInvalid(errors.BadRequest):
    """400 `min_slot_minutes_invalid`: A slot cannot be asked to last longer than all slots
    together.
    """


class NettingInvalid(errors.BadRequest):
    """400 `netting_invalid`: The parts of `netting` contradict each other, or the site
    cannot export.
    """


class NoDeviceState(errors.Unprocessable):
    """422 `no_device_state`: The state of charge is unknown: send it in the request, or
    report a device state.
    """


class NoPriceData(errors.Unprocessable):
    """422 `no_price_data`: There is no price for some instant: nothing is published, or a
    formula has no value.
    """


class NoTariffConnected(errors.Unprocessable):
    """422 `no_tariff_connected`: The location has no tariff for the direction at some time
    of the request.
    """


class ParameterUnknown(errors.BadRequest):
    """400 `parameter_unknown`: A parameter or field that this endpoint does not have."""


class ParametersExclusive(errors.BadRequest):
    """400 `parameters_exclusive`: Two parameters were given that cannot be used together,
    such as both cursors of a list.
    """


class PathUnknown(errors.NotFound):
    """404 `path_unknown`: There is nothing at this path; `GET /openapi.json` lists what
    there is.
    """


class PlanNotFound(errors.NotFound):
    """404 `plan_not_found`: No plan of the device is kept: ask for one with `keep=true`."""


class PlansInProgress(errors.RateLimited):
    """429 `plans_in_progress`: The account has as many plans in progress as this server
    makes at once; ask again later.
    """


class PreconditionFailed(errors.PreconditionFailed):
    """412 `precondition_failed`: `If-Match` names a version that is no longer the current
    one: read the object again.
    """


class PriceImplausible(errors.Unprocessable):
    """422 `price_implausible`: A price is beyond what a kWh or a standing charge costs
    anywhere: probably a slip of unit.
    """


class RateLimited(errors.RateLimited):
    """429 `rate_limited`: Too many failed log-ins for this account or from this address;
    valid ones still pass.
    """


class ReadyByInvalid(errors.BadRequest):
    """400 `ready_by_invalid`: The goal is to be reached before the plan starts or after it
    ends.
    """


class RecordOverlap(errors.Unprocessable):
    """422 `record_overlap`: The reading overlaps a stored one of another period, so it
    cannot be kept.
    """


class RelativeMissing(errors.BadRequest):
    """400 `relative_missing`: A schedule by limit needs `relative` or `absolute`."""


class RequestInvalid(errors.BadRequest):
    """400 `request_invalid`: The request is not one of HTTP/1.1 (RFC 9112), or lacks its
    `Host` header.
    """


class ScopeMissing(errors.Forbidden):
    """403 `scope_missing`: The restricted key lacks the scope that the message names, or
    none opens the endpoint.
    """


class SessionNotFound(errors.NotFound):
    """404 `session_not_found`: No reading of this account and mode has that
    `session_reference_id` and direction.
    """


class SiteInactive(errors.Unprocessable):
    """422 `site_inactive`: The site is INACTIVE: its data can be read, but nothing is
    planned for it.
    """


class SiteNotFound(errors.NotFound):
    """404 `site_not_found`: There is no such site in this account and mode."""


class StartTimeMissing(errors.BadRequest):
    """400 `start_time_missing`: `start_time` is needed, or `date`."""


class StartingAfterInvalid(errors.BadRequest):
    """400 `starting_after_invalid`: `starting_after` or `ending_before` is not a well-
    formed id of this list's type.
    """


class StateInvalid(errors.BadRequest):
    """400 `state_invalid`: `state` is neither an ISO 3166-2 code of the country nor the
    name of one.
    """


class StateMissing(errors.BadRequest):
    """400 `state_missing`: An address in the US needs its `state`."""


class TariffLinked(errors.Unprocessable):
    """422 `tariff_linked`: The tariff comes from a supplier's connection and cannot be
    changed or deleted here.
    """


class TariffNotFound(errors.NotFound):
    """404 `tariff_not_found`: There is no such tariff in this account and mode."""


class TariffTermOverlap(errors.Unprocessable):
    """422 `tariff_term_overlap`: Another connected tariff of the same location, type and
    direction is valid at that time.
    """


class TariffTypeInvalid(errors.BadRequest):
    """400 `tariff_type_invalid`: A non-commodity tariff is possible for IMPORT only."""


class TimeInFuture(errors.BadRequest):
    """400 `time_in_future`: The reading ends too far ahead of now; a forecast needs a
    confidence below 1.
    """


class TimeInvalid(errors.BadRequest):
    """400 `time_invalid`: `time` is more than five minutes in the future."""


class TimePeriodOverlap(errors.Unprocessable):
    """422 `time_period_overlap`: On some day of the contract a time of day is priced more
    than once.
    """


class TimezoneInvalid(errors.BadRequest):
    """400 `timezone_invalid`: `timezone` is not a name in the tz database."""


class TimezoneNotPossible(errors.Unprocessable):
    """422 `timezone_not_possible`: In that time zone a contract at the location would end
    before it starts: change its dates.
    """


class TimezoneUndetermined(errors.Unprocessable):
    """422 `timezone_undetermined`: The country or state has no main time zone: send
    `timezone`, `state` or `geo_location`.
    """


class TokenExpired(errors.Unauthenticated):
    """401 `token_expired`: The bearer token has expired; get a new one from `POST
    /auth/tokens`. Its hour is over, or its account was disabled after it was made.
    """


class TokenInvalid(errors.Unauthenticated):
    """401 `token_invalid`: The bearer token was not made by this server, was changed, or is
    not valid yet.
    """


class TokenMissing(errors.Unauthenticated):
    """401 `token_missing`: No `Authorization` header with a bearer token or a key was sent."""


class Unavailable(errors.ServerError):
    """503 `unavailable`: The database cannot be reached at the moment; nothing was changed:
    try again.
    """


class UnsupportedComponent(errors.Unprocessable):
    """422 `unsupported_component`: A document to import has parts that this grammar cannot
    express; they are named.
    """


class UrlInvalid(errors.BadRequest):
    """400 `url_invalid`: `url` is not an https address on the public internet (or in a
    network that is allowed).
    """


class ValueTooLarge(errors.BadRequest):
    """400 `value_too_large`: The energy is more than a reading can have."""


class VersionUnknown(errors.BadRequest):
    """400 `version_unknown`: `Flatpeak-Version` names a release that is not served here."""


class WebhookDeliveryNotFound(errors.NotFound):
    """404 `webhook_delivery_not_found`: There is no such webhook delivery in this account
    and mode.
    """


class WebhookEndpointDisabled(errors.Unprocessable):
    """422 `webhook_endpoint_disabled`: The webhook endpoint is disabled: enable it first
    with `status` ENABLED.
    """


class WebhookEndpointNotFound(errors.NotFound):
    """404 `webhook_endpoint_not_found`: There is no such webhook endpoint in this account
    and mode.
    """


errors.ApiError.by_code.update(
    {
        "account_disabled": AccountDisabled,
        "account_moving": AccountMoving,
        "api_version_not_supported": ApiVersionNotSupported,
        "body_incomplete": BodyIncomplete,
        "body_too_large": BodyTooLarge,
        "city_missing": CityMissing,
        "code_taken": CodeTaken,
        "conflict": Conflict,
        "country_code_invalid": CountryCodeInvalid,
        "country_code_missing": CountryCodeMissing,
        "credentials_invalid": CredentialsInvalid,
        "currencies_mixed": CurrenciesMixed,
        "currency_code_invalid": CurrencyCodeInvalid,
        "currency_code_undetermined": CurrencyCodeUndetermined,
        "customer_not_found": CustomerNotFound,
        "date_invalid": DateInvalid,
        "device_id_invalid": DeviceIdInvalid,
        "device_not_at_location": DeviceNotAtLocation,
        "device_not_found": DeviceNotFound,
        "device_rating_missing": DeviceRatingMissing,
        "device_state_not_found": DeviceStateNotFound,
        "document_currency_mismatch": DocumentCurrencyMismatch,
        "duration_invalid": DurationInvalid,
        "end_time_invalid": EndTimeInvalid,
        "end_time_missing": EndTimeMissing,
        "event_not_found": EventNotFound,
        "event_type_invalid": EventTypeInvalid,
        "event_types_invalid": EventTypesInvalid,
        "formula_invalid": FormulaInvalid,
        "gap_in_time_period": GapInTimePeriod,
        "geo_location_not_found": GeoLocationNotFound,
        "head_too_large": HeadTooLarge,
        "headers_invalid": HeadersInvalid,
        "holiday_unknown": HolidayUnknown,
        "idempotency_answer_too_large": IdempotencyAnswerTooLarge,
        "idempotency_in_progress": IdempotencyInProgress,
        "idempotency_key_invalid": IdempotencyKeyInvalid,
        "idempotency_key_reused": IdempotencyKeyReused,
        "incomplete_time_period": IncompleteTimePeriod,
        "internal_error": InternalError,
        "json_invalid": JsonInvalid,
        "key_not_found": KeyNotFound,
        "key_revoked": KeyRevoked,
        "last_event_id_invalid": LastEventIdInvalid,
        "limit_invalid": LimitInvalid,
        "limit_reached": LimitReached,
        "location_id_missing": LocationIdMissing,
        "location_not_found": LocationNotFound,
        "market_currency_mismatch": MarketCurrencyMismatch,
        "market_price_overlap": MarketPriceOverlap,
        "market_source_in_use": MarketSourceInUse,
        "market_source_not_found": MarketSourceNotFound,
        "market_source_read_only": MarketSourceReadOnly,
        "market_unit_mismatch": MarketUnitMismatch,
        "max_power_invalid": MaxPowerInvalid,
        "max_power_missing": MaxPowerMissing,
        "media_type_unsupported": MediaTypeUnsupported,
        "meter_batch_not_found": MeterBatchNotFound,
        "min_power_invalid": MinPowerInvalid,
        "min_slot_minutes_invalid": MinSlotMinutesInvalid,
        "netting_invalid": NettingInvalid,
        "no_device_state": NoDeviceState,
        "no_price_data": NoPriceData,
        "no_tariff_connected": NoTariffConnected,
        "parameter_unknown": ParameterUnknown,
        "parameters_exclusive": ParametersExclusive,
        "path_unknown": PathUnknown,
        "plan_not_found": PlanNotFound,
        "plans_in_progress": PlansInProgress,
        "precondition_failed": PreconditionFailed,
        "price_implausible": PriceImplausible,
        "rate_limited": RateLimited,
        "ready_by_invalid": ReadyByInvalid,
        "record_overlap": RecordOverlap,
        "relative_missing": RelativeMissing,
        "request_invalid": RequestInvalid,
        "scope_missing": ScopeMissing,
        "session_not_found": SessionNotFound,
        "site_inactive": SiteInactive,
        "site_not_found": SiteNotFound,
        "start_time_missing": StartTimeMissing,
        "starting_after_invalid": StartingAfterInvalid,
        "state_invalid": StateInvalid,
        "state_missing": StateMissing,
        "tariff_linked": TariffLinked,
        "tariff_not_found": TariffNotFound,
        "tariff_term_overlap": TariffTermOverlap,
        "tariff_type_invalid": TariffTypeInvalid,
        "time_in_future": TimeInFuture,
        "time_invalid": TimeInvalid,
        "time_period_overlap": TimePeriodOverlap,
        "timezone_invalid": TimezoneInvalid,
        "timezone_not_possible": TimezoneNotPossible,
        "timezone_undetermined": TimezoneUndetermined,
        "token_expired": TokenExpired,
        "token_invalid": TokenInvalid,
        "token_missing": TokenMissing,
        "unavailable": Unavailable,
        "unsupported_component": UnsupportedComponent,
        "url_invalid": UrlInvalid,
        "value_too_large": ValueTooLarge,
        "version_unknown": VersionUnknown,
        "webhook_delivery_not_found": WebhookDeliveryNotFound,
        "webhook_endpoint_disabled": WebhookEndpointDisabled,
        "webhook_endpoint_not_found": WebhookEndpointNotFound,
    }
)
