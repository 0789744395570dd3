"""The final output of a study: a lane, and a table with what has to be known about it."""

from __future__ import annotations

from qwq_magic.display.saved.bundle import TURN_MIME
from qwq_magic.display.saved.study import study_bundle
from qwq_magic.errors import ConfigurationError
from qwq_magic.studies import Probe, Probes
from qwq_magic.turns import Parent, Turn

STEPS = 150
TURN = Turn(
    "studied",
    "Which?",
    reasoning="".join(f"This is the step with the number {step}. " for step in range(STEPS)),
    answer="It is **20**.",
    complete=True,
)


def _probe(place: int, *, value: str | None = "20", **fields: object) -> Probe:
    parent = Parent(TURN.id, place + 1, "probe", way="quoted")
    reply = Turn(f"reply-{place}", "Which?", complete=value is not None, parent=parent, **fields)  # type: ignore[arg-type]  # the error of a turn
    return Probe(place, place / STEPS, 1, value, None, reply)


def test_a_table_of_many_places_ends_with_how_many_more_there_are() -> None:
    markdown = study_bundle(Probes(TURN, [_probe(place) for place in range(STEPS)]), place=None)[
        "text/markdown"
    ]

    assert "\n| 99 | 66% | 20 |\n| … 50 more |  |  |\n" in markdown


def test_what_has_to_be_known_is_in_the_lane_and_below_the_table() -> None:
    error = ConfigurationError("Too <b>fast</b>.")
    bundle = study_bundle(Probes(TURN, [_probe(0), _probe(9, value=None, error=error)]), place=None)

    assert bundle[TURN_MIME]["lanes"][0]["name"] == "If it had to answer now (quoted, 1 failed)"
    table, failure, way, *_ = bundle["text/markdown"].split("\n\n")
    assert table.endswith("| 9 | 6% | – |")
    assert failure == "1 of 2 probes failed. The first: Too &lt;b&gt;fast&lt;/b&gt;."
    assert way.startswith("The server cannot continue a given text, so the reasoning was quoted")
