"""What the analysis adds to a turn; where it fails, the turn is shown without it.

The analysis reads whatever a model wrote and a server counted. A bug in it must cost the
reader neither the answer nor the end of the cell.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar

_logger = logging.getLogger("qwq_magic")
_T = TypeVar("_T")


def analysed(analyse: Callable[[], _T], *, otherwise: _T) -> _T:
    """What `analyse` returns, or `otherwise` if it fails."""
    try:
        return analyse()
    except Exception:
        # A cell's output is no place for a traceback; who looks for the bug sets the level.
        _logger.debug("A part of the analysis failed and is left out.", exc_info=True)
        return otherwise
