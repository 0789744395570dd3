"""Parse JSON of unknown origin: whatever is wrong with it is one short reason."""

from __future__ import annotations

import json
from typing import Any


class Unreadable(Exception):
    """A part of a file is not a turn; the message is the reason, in one line."""


def parse(data: bytes) -> Any:
    """Return the value.

    Raises:
        Unreadable: it is not JSON.
    """
    try:
        # A text may contain half a surrogate pair, which some tools write as it is.
        return json.loads(data.decode("utf-8-sig", "surrogatepass"))
    except UnicodeDecodeError as error:
        raise Unreadable("it is not UTF-8") from error
    except RecursionError as error:
        raise Unreadable("its JSON is nested too deeply") from error
    except json.JSONDecodeError as error:
        raise Unreadable(f"it is not JSON: {error.msg} at character {error.pos + 1:,}") from error
    except ValueError as error:
        # A number with more digits than Python converts.
        raise Unreadable("its JSON has a number that is too long") from error
