"""The environment without the keys and servers of the person who runs the tests."""

from __future__ import annotations

import os


def clean_environment(**changes: str) -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("QWQ_") and not name.endswith("_API_KEY")
    }
    return {**kept, **changes}
