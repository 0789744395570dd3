"""Create pandas DataFrames; the only module that imports pandas, which is optional."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from qwq_magic.errors import ConfigurationError

if TYPE_CHECKING:
    import pandas as pd


def frame_of(
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    integers: Sequence[str] = (),
    floats: Sequence[str] = (),
    booleans: Sequence[str] = (),
) -> pd.DataFrame:
    """Return a DataFrame whose column types do not depend on which values are missing.

    Other columns hold Python objects. They may contain unpaired surrogates, which the string
    type of pandas rejects.

    Raises:
        ConfigurationError: pandas is not installed.
    """
    try:
        import pandas as pd
    except ImportError as error:
        raise ConfigurationError(
            "Tables require pandas, which is not installed. "
            'Install it with: pip install "qwq-magic[data]"'
        ) from error
    # The nullable types: in numpy's, a missing value turns a column of integers into floats.
    types = dict.fromkeys(integers, "Int64") | dict.fromkeys(floats, "Float64")
    types |= dict.fromkeys(booleans, "boolean")
    return pd.DataFrame(list(rows), columns=list(columns), dtype=object).astype(types)
