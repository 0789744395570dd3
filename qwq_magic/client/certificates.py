"""The certificates that a secure connection is checked against.

SSL_CERT_FILE and SSL_CERT_DIR replace those of the certifi package. A wrong value would
otherwise end in an error of the operating system that names neither the variable nor its value.
"""

from __future__ import annotations

import functools
import os
import ssl
from pathlib import Path

from qwq_magic.errors import ConfigurationError

_VARIABLES = ("SSL_CERT_FILE", "SSL_CERT_DIR")


def certificates() -> ssl.SSLContext:
    """The context of a secure connection, made once for the variables' values.

    Raises:
        ConfigurationError: a variable is set to something that cannot be used.
    """
    file, folder, key_log = (os.environ.get(name, "") for name in (*_VARIABLES, "SSLKEYLOGFILE"))
    # A file to which the missing certificate was added is read again.
    return context_for(file, folder, key_log, changed_at=_changed_at(file or folder))


def certificate_variable() -> str:
    """The variable that replaces the usual certificates, with its value; "" for none."""
    return next((f"{name}={os.environ[name]}" for name in _VARIABLES if os.environ.get(name)), "")


# Reading the certificates is most of the cost of a first request.
@functools.lru_cache(maxsize=4)
def context_for(
    file: str,
    folder: str,
    key_log: str,
    *,
    changed_at: int,  # noqa: ARG001  # part of the key of the cache
) -> ssl.SSLContext:
    """The context for these values of SSL_CERT_FILE, SSL_CERT_DIR and SSLKEYLOGFILE.

    `changed_at` makes a context of its own for each version of a file.
    """
    if key_log:
        _require_writable(key_log)
    if file:
        try:
            return ssl.create_default_context(cafile=file)
        except OSError as error:  # An `SSLError` is one too.
            what = "has no certificate in PEM format" if Path(file).is_file() else "is not a file"
            if isinstance(error, PermissionError):
                what = "cannot be read"
            raise ConfigurationError(
                f"SSL_CERT_FILE is set to {file!r}, which {what}. Set it to a file of "
                "certificates, or unset it to use the usual ones."
            ) from error
    if folder:
        # OpenSSL splits it, and ignores what does not exist: every server would be rejected.
        if not any(Path(part).is_dir() for part in folder.split(os.pathsep)):
            raise ConfigurationError(
                f"SSL_CERT_DIR is set to {folder!r}, which is not a folder. Set it to a folder of "
                "certificates, or unset it to use the usual ones."
            )
        return ssl.create_default_context(capath=folder)
    import certifi

    return ssl.create_default_context(cafile=certifi.where())


def _changed_at(path: str) -> int:
    try:
        return Path(path).stat().st_mtime_ns if path else 0
    except OSError:
        return 0


def _require_writable(key_log: str) -> None:
    try:
        with Path(key_log).open("ab"):
            pass
    except OSError as error:
        raise ConfigurationError(
            f"SSLKEYLOGFILE is set to {key_log!r}, which cannot be written: "
            f"{error.strerror or error}. Change or unset it: it is for debugging only."
        ) from error
