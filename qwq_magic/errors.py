"""The error tree: every error that this package raises on purpose is a `QwqError`.

    QwqError
    ├── ConfigurationError      a setting, option or key is wrong; nothing was sent
    │   └── UnsupportedFeature  the model is known not to accept an option
    ├── AdvisorFailed           a user's advisor raised; `__cause__` is its exception
    ├── ModelFailed             a user's `ChatModel` raised; `__cause__` is its exception
    ├── FileError               a file is damaged, of another format, or cannot be written
    ├── NoRecording             the demo has no recording for this prompt
    ├── ConnectionFailed        no connection, or it broke before the response began
    ├── StreamInterrupted       the response ended before the reply was complete
    └── ResponseError           the server replied with an error
        ├── AuthenticationError
        ├── BillingError
        ├── PermissionDenied
        ├── ModelNotFound
        ├── InvalidRequest
        ├── ContentFiltered
        ├── RateLimited
        ├── ServerFailure
        │   └── ModelLoading    the model is still being loaded
        └── ProtocolError       the response does not follow the protocol

A message is one line: the cause, with its value, then the fix. It never contains a key.
A new class needs its own `kind`, since `error_from_dict` looks classes up by it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from qwq_magic.turns import Turn


class QwqError(Exception):
    """Base class of every error this package raises on purpose.

    Attributes:
        kind: identifies the class in saved turns.
        message: the cause, with its value, then the fix, in one line; never contains a key.
        status: the HTTP status, possibly taken from the body; None without a response.
        code: the server's own error code, as a string.
        request_id: the server's id for the request, which its support team asks for.
        retryable: whether the cause may pass, so that the same request may succeed later. A
            reply of which text has arrived is never requested again by itself.
        retry_after_s: how long the server asks the client to wait, in seconds.
        partial: the turn with the text received so far, if a reply was requested.
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

    def _render_traceback_(self) -> list[str]:
        """Return what a notebook shows: the user's own lines and the message.

        IPython calls this. A traceback through this package would be a page about a mistake that
        the message explains. Where the user's code raised, its traceback is the explanation.
        """
        # Imported here, since most errors are never shown by IPython.
        from traceback import format_exception

        cause = self.__cause__ if isinstance(self, (AdvisorFailed, ModelFailed)) else None
        shown = [] if cause is None else format_exception(cause)
        return [*shown, *_own_lines(self), f"{type(self).__name__}: {self.message}"]

    def to_dict(self) -> dict[str, Any]:
        """Return the error as plain JSON, without the partial turn, which contains the error."""
        return {
            "kind": self.kind,
            "message": self.message,
            "status": self.status,
            "code": self.code,
            "request_id": self.request_id,
            "retryable": self.retryable,
            "retry_after_s": self.retry_after_s,
        }


def _own_lines(error: QwqError) -> list[str]:
    """Return the lines of the user's code that led to the error, the call in the cell first."""
    from pathlib import Path
    from sysconfig import get_paths
    from traceback import extract_tb

    # IPython and other installed packages are not the user's, nor is this one.
    others = (*map(get_paths().get, ("stdlib", "purelib", "platlib")), str(Path(__file__).parent))
    lines = []
    for frame in extract_tb(error.__traceback__):
        is_cell = "ipykernel_" in frame.filename or frame.filename.startswith("<ipython-input")
        # Generated code, such as that of a dataclass, has no file.
        is_foreign = frame.filename.startswith(("<", *filter(None, others)))
        if is_foreign and not is_cell:
            continue
        where = "Cell" if is_cell else frame.filename
        code = frame.line or ""
        # A line in which a key is typed must not reach an output.
        code = f"\n----> {frame.lineno} {code}" if code and "key" not in code.lower() else ""
        lines.append(f"{where}, line {frame.lineno}{code}")
    return lines


class ConfigurationError(QwqError):
    """A setting, an option or a key is wrong; nothing was sent."""

    kind = "configuration"


class UnsupportedFeature(ConfigurationError):
    """The model is known not to accept an option; nothing was sent."""

    kind = "unsupported"


class AdvisorFailed(QwqError):
    """A user's advisor raised; `__cause__` is its exception."""

    kind = "advisor"


class ModelFailed(QwqError):
    """A user's `ChatModel` raised; `__cause__` is its exception."""

    kind = "model"


class FileError(QwqError):
    """A file is damaged, of another format, or cannot be read or written."""

    kind = "file"


class NoRecording(QwqError):
    """The demo has no recording for this prompt.

    Attributes:
        lines: the message as lines: the cause, what there is instead, the fix.
    """

    kind = "no_recording"

    lines: tuple[str, ...] = ()


class ConnectionFailed(QwqError):
    """The connection failed, or it broke before the response began."""

    kind = "connection"


class StreamInterrupted(QwqError):
    """The response ended before the reply was complete; `partial` keeps the text received."""

    kind = "incomplete_stream"


class ResponseError(QwqError):
    """The server replied with an error."""

    kind = "response"


class AuthenticationError(ResponseError):
    """The key is missing, wrong, or belongs to another region or plan."""

    kind = "auth"


class BillingError(ResponseError):
    """The account has no credit or is in arrears; retrying does not help."""

    kind = "billing"


class PermissionDenied(ResponseError):
    """The key is valid, but has no access to this model or service."""

    kind = "permission"


class ModelNotFound(ResponseError):
    """The server does not have this model, or does not serve it at this address."""

    kind = "not_found"


class InvalidRequest(ResponseError):
    """The server rejected a parameter or the size of the request."""

    kind = "invalid_request"


class ContentFiltered(ResponseError):
    """The server's content filter stopped the prompt or the reply."""

    kind = "content_filter"


class RateLimited(ResponseError):
    """Too many requests or tokens in a short time."""

    kind = "rate_limit"


class ServerFailure(ResponseError):
    """The server had an internal error or is overloaded."""

    kind = "server"


class ModelLoading(ServerFailure):
    """The server is up, and still loads the model; the same request will succeed later."""

    kind = "loading"


class ProtocolError(ResponseError):
    """The response does not follow the protocol: HTML, a redirect, a bare error."""

    kind = "protocol"


def _subclasses(cls: type[QwqError]) -> list[type[QwqError]]:
    return [cls, *(found for child in cls.__subclasses__() for found in _subclasses(child))]


def error_class(kind: str) -> type[QwqError]:
    """Return the class with this `kind`, or `QwqError` for an unknown kind."""
    return next((cls for cls in _subclasses(QwqError) if cls.kind == kind), QwqError)


def error_from_dict(data: dict[str, Any]) -> QwqError:
    """Build an error from the result of `QwqError.to_dict`; unknown keys are ignored."""
    return error_class(str(data.get("kind")))(
        str(data.get("message", "")),
        status=data.get("status"),
        code=data.get("code"),
        request_id=data.get("request_id"),
        retryable=bool(data.get("retryable")),
        retry_after_s=data.get("retry_after_s"),
    )
