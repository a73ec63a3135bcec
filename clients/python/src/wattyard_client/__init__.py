"""The Python client of Wattyard."""

from wattyard_client import bodies, codes, models, webhooks
from wattyard_client._client import AsyncWattyard, Wattyard
from wattyard_client._errors import (
    AnswerInvalid,
    ApiError,
    BadRequest,
    Conflict,
    ConnectionFailed,
    ErrorDetail,
    Forbidden,
    NotFound,
    NotModified,
    PreconditionFailed,
    RateLimited,
    ServerError,
    SettingMissing,
    SignatureInvalid,
    TimedOut,
    TooLarge,
    Unauthenticated,
    Unprocessable,
    WattyardError,
)
from wattyard_client._model import UNSET, Answer, Model, UnsetType
from wattyard_client._pages import AsyncPages, Page, Pages
from wattyard_client._settings import Options
from wattyard_client._uploads import Upload, UploadFailed

__version__ = "0.1.0"

__all__ = [
    "UNSET",
    "Answer",
    "AnswerInvalid",
    "ApiError",
    "AsyncPages",
    "AsyncWattyard",
    "BadRequest",
    "Conflict",
    "ConnectionFailed",
    "ErrorDetail",
    "Forbidden",
    "Model",
    "NotFound",
    "NotModified",
    "Options",
    "Page",
    "Pages",
    "PreconditionFailed",
    "RateLimited",
    "ServerError",
    "SettingMissing",
    "SignatureInvalid",
    "TimedOut",
    "TooLarge",
    "Unauthenticated",
    "Unprocessable",
    "UnsetType",
    "Upload",
    "UploadFailed",
    "Wattyard",
    "WattyardError",
    "bodies",
    "codes",
    "models",
    "webhooks",
]
