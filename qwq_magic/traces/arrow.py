"""Import pyarrow, which is optional: it reads Parquet and unpacks Zstandard."""

from __future__ import annotations

from typing import Any

from qwq_magic.errors import ConfigurationError


def arrow() -> Any:
    """Return the module `pyarrow`.

    Raises:
        ConfigurationError: it is not installed.
    """
    # Here, since importing it takes a tenth of a second.
    try:
        import pyarrow
    except ImportError as error:
        raise ConfigurationError(
            "Reading Parquet files and Zstandard requires pyarrow, which is not installed. "
            'Install it with: pip install "qwq-magic[data]"'
        ) from error
    return pyarrow
