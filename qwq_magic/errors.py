"""The error tree: whatever this package raises on purpose is a `QwqError`.

    QwqError
    ├── ConfigurationError      a setting, option or key is wrong; nothing was sent
    │   └── UnsupportedFeature  the model is known not to accept what was asked
    ├── AdvisorFailed           an advisor of the user's raised; `__cause__` is what it raised
    ├── ModelFailed             a `ChatModel` of the user's raised, likewise
    ├── FileError               a conversation file is damaged, foreign or cannot be written
    ├── NoRecording             the demo has no recording for this prompt
    ├── ConnectionFailed        no connection, or it broke before the response began
    ├── StreamInterrupted       the response ended before the reply was complete
    └── ResponseError           the server said no
        ├── AuthenticationError
        ├── BillingError
        ├── PermissionDenied
        ├── ModelNotFound
        ├── InvalidRequest
        ├── ContentFiltered
        ├── RateLimited
        ├── ServerFailure
        └── ProtocolError       the response is not what the protocol promises

A message is one line: the cause, with its value, then the fix. It never holds
a key. A new branch needs a `kind` of its own: `error_from_dict` finds it by that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from qwq_magic.turns import Turn


class QwqError(Exception):
    """Base of every error this package raises on purpose.

    Attributes:
        kind: the word for its class in saved turns.
        message: the cause, with its value, then the fix, in one line; without any key.
        status: the effective HTTP status, also where it stood in the body; None without one.
        code: the server's own code, as a string.
        request_id: what the server's support would ask for.
        retryable: may the same request succeed later? (Not said where a stream broke off: a
            reply that already began is never repeated.)
        retry_after_s: seconds the server asked to wait.
        partial: the turn as far as it came, once one had begun.
    """

    kind: ClassVar[str] = "error"

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        code: str | None = None,
        request_id: str | None = None,
        retryable: bool = False,
        retry_after_s: float | None = None,
        partial: Turn | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.code = code
        self.request_id = request_id
        self.retryable = retryable
        self.retry_after_s = retry_after_s
        self.partial = partial

    def to_dict(self) -> dict[str, Any]:
        """The error as plain JSON; the partial turn is left out, since turns hold errors."""
        return {
            "kind": self.kind,
            "message": self.message,
            "status": self.status,
            "code": self.code,
            "request_id": self.request_id,
            "retryable": self.retryable,
            "retry_after_s": self.retry_after_s,
        }


class ConfigurationError(QwqError):
    """A setting, an option or a key is wrong; nothing was sent."""

    kind = "configuration"


class UnsupportedFeature(ConfigurationError):
    """The model is known not to accept what was asked; nothing was sent."""

    kind = "unsupported"


class AdvisorFailed(QwqError):
    """An advisor raised; `__cause__` is what it raised."""

    kind = "advisor"


class ModelFailed(QwqError):
    """A `ChatModel` that is not ours raised; `__cause__` is what it raised."""

    kind = "model"


class FileError(QwqError):
    """A file is damaged, of another kind, or cannot be written."""

    kind = "file"


class NoRecording(QwqError):
    """The demo has no recording for this prompt."""

    kind = "no_recording"


class ConnectionFailed(QwqError):
    """There is no connection, or it broke before the response began."""

    kind = "connection"


class StreamInterrupted(QwqError):
    """The response ended before the reply was complete; `partial` keeps what came."""

    kind = "incomplete_stream"


class ResponseError(QwqError):
    """The server answered with an error."""

    kind = "response"


class AuthenticationError(ResponseError):
    """The key is missing, wrong, or belongs to another region or plan."""

    kind = "auth"


class BillingError(ResponseError):
    """The account cannot pay; repeating the request cannot help."""

    kind = "billing"


class PermissionDenied(ResponseError):
    """The key is good, but has no right to this model or service."""

    kind = "permission"


class ModelNotFound(ResponseError):
    """The server does not know the model, or not at this address."""

    kind = "not_found"


class InvalidRequest(ResponseError):
    """The server does not accept a parameter or the size of the request."""

    kind = "invalid_request"


class ContentFiltered(ResponseError):
    """The server's content filter stopped the prompt or the reply."""

    kind = "content_filter"


class RateLimited(ResponseError):
    """Too many requests or tokens in too short a time."""

    kind = "rate_limit"


class ServerFailure(ResponseError):
    """The server failed on its own side."""

    kind = "server"


class ProtocolError(ResponseError):
    """The response is not what the protocol promises: HTML, a redirect, a bare error."""

    kind = "protocol"


def _subclasses(cls: type[QwqError]) -> list[type[QwqError]]:
    return [cls, *(found for child in cls.__subclasses__() for found in _subclasses(child))]


def error_class(kind: str) -> type[QwqError]:
    """The class whose `kind` this is; an unknown kind is a plain `QwqError`."""
    return next((cls for cls in _subclasses(QwqError) if cls.kind == kind), QwqError)


def error_from_dict(data: dict[str, Any]) -> QwqError:
    """The reverse of `QwqError.to_dict`; keys it does not know are ignored."""
    return error_class(str(data.get("kind")))(
        str(data.get("message", "")),
        status=data.get("status"),
        code=data.get("code"),
        request_id=data.get("request_id"),
        retryable=bool(data.get("retryable")),
        retry_after_s=data.get("retry_after_s"),
    )
