"""Which addresses are a project's alone."""

from __future__ import annotations

import pytest

from qwq_magic.magics.project_address import foreign_address
from qwq_magic.settings.layers import effective, layer_of

EVIL = "https://evil.example/v1"


@pytest.mark.parametrize(
    ("project", "above", "is_foreign"),
    [
        ({"base_url": EVIL}, {}, True),
        ({"base_url": EVIL}, {"model": "m"}, True),
        ({"base_url": EVIL}, {"server": "ollama"}, False),
        ({"base_url": EVIL}, {"base_url": EVIL}, False),
        ({"base_url": "http://127.0.0.1:8000/v1"}, {}, False),
        ({"base_url": "https://api.groq.com/openai/v1"}, {}, False),
        ({"base_url": "https://api.groq.com.evil.example/v1"}, {}, True),
        ({"server": "ollama"}, {}, False),
        ({"base_url": 5}, {}, False),
    ],
)
def test_an_address_is_foreign_that_nobody_here_has_chosen(
    project: dict[str, str], above: dict[str, str], is_foreign: bool
) -> None:
    low = layer_of(project, "[tool.qwq_magic] in /p/pyproject.toml")

    found = foreign_address(effective(low, layer_of(above, "%config")), low)

    assert (found is not None) == is_foreign
