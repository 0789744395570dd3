"""Steps that say the same in other words, aligned without crossing."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qwq_magic.reasoning import similar_steps
from qwq_magic.reasoning.similar_steps import SIMILAR, similar_pairs

WORDS = st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=4).map(" ".join)
TEXTS = st.lists(WORDS, max_size=8)


def best_sum(left: list[str], right: list[str]) -> float:
    """The largest sum of cosines of an alignment, found by trying all."""
    sums = [[0.0] * (len(right) + 1) for _ in range(len(left) + 1)]
    for i in range(len(left)):
        for j in range(len(right)):
            cosine = cosine_of(left, right, i, j)
            both = sums[i][j] + (cosine if cosine >= SIMILAR else 0)
            sums[i + 1][j + 1] = max(sums[i][j + 1], sums[i + 1][j], both)
    return sums[-1][-1]


def cosine_of(left: list[str], right: list[str], i: int, j: int) -> float:
    words = list(map(similar_steps._words, (*left, *right)))
    vectors, others = similar_steps._vectors(words, len(left))
    return similar_steps._cosine(vectors[i], others[j])


@given(TEXTS, TEXTS)
def test_the_alignment_has_the_largest_sum_and_does_not_cross(
    left: list[str], right: list[str]
) -> None:
    pairs = similar_pairs(left, right)

    assert all(i < k and j < m for (i, j), (k, m) in pairwise(pairs))
    found = [cosine_of(left, right, i, j) for i, j in pairs]
    assert all(cosine >= SIMILAR for cosine in found)
    assert sum(found) == pytest.approx(best_sum(left, right))


def test_rare_words_count_more_than_those_in_every_step() -> None:
    left = [*(f"So we get the b{n}." for n in range(30)), "So we get the torch."]
    right = ["So we get the torch now.", *(f"So we get the c{n}." for n in range(30))]

    assert similar_pairs(left, right) == [(30, 0)]


def test_chinese_is_compared_by_its_characters() -> None:
    left = ["首先算速度。", "她用了十六秒。", "所以答案是三。"]
    right = ["先算一下速度。", "也就是说她用了十六秒。", "完全不同的句子在这里。"]

    assert similar_pairs(left, right) == [(0, 0), (1, 1)]


def test_a_repeated_step_meets_the_one_at_about_the_same_place() -> None:
    steps = ["No. Wait, no."] * 1_000

    assert similar_pairs(steps, steps) == [(n, n) for n in range(1_000)]
    assert similar_pairs([], steps) == similar_pairs(steps, []) == []


def test_comparisons_per_step_do_not_grow_with_the_length(monkeypatch: pytest.MonkeyPatch) -> None:
    def per_step(left: list[str], right: list[str]) -> float:
        compared = 0
        cosine = similar_steps._cosine

        def counted(vector: similar_steps.Vector, other: similar_steps.Vector) -> float:
            nonlocal compared
            compared += 1
            return cosine(vector, other)

        monkeypatch.setattr(similar_steps, "_cosine", counted)
        similar_pairs(left, right)
        monkeypatch.setattr(similar_steps, "_cosine", cosine)
        return compared / len(left)

    for size in (500, 4_000):
        assert per_step(["No. Wait, no."] * size, ["Wait, no."] * size) <= 2 * 64
        numbered = [[f"a a a a a {side}{n}" for n in range(size)] for side in "xy"]
        assert per_step(*numbered) <= 64
