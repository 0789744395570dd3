"""Files that tests write, as other tools do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

THOUGHT = "<think>\nHm. 6 × 7 is 42.\n</think>\n\nThe answer is 42."


def lines(path: Path, *records: Any) -> Path:
    """Write JSON Lines; a record that is a text is a line as it is."""
    texts = (each if isinstance(each, str) else json.dumps(each) for each in records)
    path.write_text("".join(f"{text}\n" for text in texts), "utf-8")
    return path


def document(path: Path, value: Any) -> Path:
    """Write JSON over several lines, in a folder that may be new."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=2), "utf-8")
    return path
