from __future__ import annotations

import math
import random

import pytest

from qwq_magic import QwqError
from qwq_magic.batch.votes import lead_probability, vote_of, wilson_interval


# Values from tables of the Wilson score interval at 95 %.
@pytest.mark.parametrize(
    ("count", "total", "low", "high"),
    [(0, 10, 0.0, 0.2775), (5, 10, 0.2366, 0.7634), (8, 10, 0.4902, 0.9433), (10, 10, 0.7225, 1.0)],
)
def test_the_interval_is_wilsons(count: int, total: int, low: float, high: float) -> None:
    assert wilson_interval(count, total) == pytest.approx((low, high), abs=5e-5)


def test_nothing_is_known_without_a_vote() -> None:
    assert wilson_interval(0, 0) == (0.0, 1.0)
    vote = vote_of([])
    assert (vote.value, vote.share, vote.confidence) == (None, 0.0, 0.0)
    assert not vote.is_settled(0.6)
    assert str(vote) == "no final value"


def test_the_lead_is_the_tail_of_a_beta_distribution() -> None:
    generator = random.Random(3)
    for leading, second in [(1, 0), (4, 0), (5, 2), (9, 7)]:
        draws = [generator.betavariate(leading + 1, second + 1) > 0.5 for _ in range(20_000)]
        assert lead_probability(leading, second) == pytest.approx(sum(draws) / 20_000, abs=0.015)


def test_equal_votes_lead_with_one_half() -> None:
    assert lead_probability(3, 3) == 0.5
    assert math.isclose(lead_probability(4, 0), 31 / 32)


def test_more_votes_for_the_second_value_than_for_the_leader_are_refused() -> None:
    with pytest.raises(QwqError, match="1 and 2 are not votes"):
        lead_probability(1, 2)


def test_a_vote_counts_values_and_those_without() -> None:
    vote = vote_of(["19", "20", "19", None, "19"], row=4)
    assert (vote.row, vote.value, vote.count, vote.total) == (4, "19", 3, 4)
    assert vote.groups == (("19", 3), ("20", 1))
    assert vote.without_value == 1
    assert vote.share == 0.75
    assert not vote.is_tied
    assert str(vote) == "19: 3 of 4 (75%, 95 % interval 30% to 95%)"


def test_of_two_values_as_frequent_the_first_leads_and_the_tie_shows() -> None:
    vote = vote_of(["b", "a"])
    assert vote.value == "b"
    assert vote.is_tied
    assert "tied" in str(vote)
    assert vote.confidence == 0.5
