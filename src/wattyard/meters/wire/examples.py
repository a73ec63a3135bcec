"""Examples of meter readings, for the documents."""

_ACCOUNT = "acc_01939f2f00007abc8def0123456789ab"
_LOCATION = "loc_01939f3a6b7c7d40a1b2c3d4e5f60718"
_DEVICE = "dev_01939f3a6b8d7a40b5c6d7e8f9012345"

INTERVAL_BODY = [
    {
        "location_id": _LOCATION,
        "start_time": "2026-02-12T10:00:00Z",
        "end_time": "2026-02-12T10:30:00Z",
        "units": "KWH",
        "value": 0.412,
        "record_reference_id": "m-1041",
    },
    {
        "location_id": _LOCATION,
        "device_id": _DEVICE,
        "start_time": "2026-02-12T10:00:00Z",
        "end_time": "2026-02-12T10:30:00Z",
        "units": "W",
        "value": 7360,
        "session_reference_id": "session-17",
    },
]
REGISTER_BODY = {
    "location_id": _LOCATION,
    "units": "KWH",
    "register": "T1",
    "data": [
        {"time": "2026-02-12T00:00:00Z", "value": 10417.2},
        {"time": 1770940800, "value": 10431.9},
    ],
}
BATCH = {
    "id": "bat_01939f3a6b7c7d66a1b2c3d4e5f60718",
    "object": "meter_batch",
    "live_mode": True,
    "account_id": _ACCOUNT,
    "time_created": "2026-02-12T10:31:00Z",
    "records_submitted": 2,
    "records_accepted": 1,
    "records_processed": 1,
    "records_failed": 1,
    "complete": True,
    "failed_records_truncated": False,
    "failed_records": [
        {
            "record_num": 2,
            "record_reference_id": None,
            "code": "device_not_found",
            "error": f"there is no device {_DEVICE}",
        }
    ],
}
BATCH_LIST = {"object": "list", "url": "/meters/batches", "has_more": False, "data": [BATCH]}
SEARCH_BODY = {
    "location_id": _LOCATION,
    "start_time": "2026-02-12T00:00:00Z",
    "end_time": "2026-02-13T00:00:00Z",
    "group_by": "DAY",
}
RECORD = {
    "id": "mre_80064a8d2c0b8000000000000000002a",
    "object": "meter_record",
    "location_id": _LOCATION,
    "device_id": None,
    "start_time": "2026-02-12T00:00:00Z",
    "end_time": "2026-02-12T23:00:00Z",
    "energy_units": "KWH",
    "energy": {"value": 8.871},
    "energy_flow_direction": "INBOUND",
    "tariff_direction": "IMPORT",
    "register": None,
    "confidence": 1.0,
    "session_reference_id": None,
    "record_reference_id": None,
}
RECORD_LIST = {"object": "list", "url": "/meters/records", "has_more": False, "data": [RECORD]}
