"""Tables for pandas, which is optional: one place that asks for it."""

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
    """A DataFrame whose columns have the same types however many values are missing.

    Columns that are not named as numbers or booleans hold texts as they are, half of a
    surrogate pair included, which pandas' own type for texts would refuse.

    Raises:
        ConfigurationError: pandas is not installed.
    """
    try:
        import pandas as pd
    except ImportError as error:
        raise ConfigurationError(
            "A table needs pandas, which is not installed. "
            'Install it with: pip install "qwq-magic[data]"'
        ) from error
    types = dict.fromkeys(integers, "Int64") | dict.fromkeys(floats, "Float64")
    types |= dict.fromkeys(booleans, "boolean")
    return pd.DataFrame(list(rows), columns=list(columns), dtype=object).astype(types)
