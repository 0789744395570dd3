"""Kinds against labels by hand; `labelled_traces` describes where these come from."""

from collections.abc import Sequence

import pytest
from reasoning.labelled_traces import Pair, pairs_of_recordings, pairs_of_traces, read_sentences

from qwq_magic.demo.recordings import recordings
from qwq_magic.reasoning import Kind, steps_of


def groups_right(pairs: Sequence[Pair]) -> float:
    return sum(pair.kind.group is pair.guessed.group for pair in pairs) / len(pairs)


def share(kind: Kind, kinds: Sequence[Kind]) -> float:
    return kinds.count(kind) / len(kinds)


def test_the_traces_are_of_several_models_and_languages() -> None:
    sentences = read_sentences()

    assert len({sentence.style for sentence in sentences}) >= 5
    assert {sentence.language for sentence in sentences} == {"en", "zh", "de", "es"}
    assert len(sentences) >= 200


@pytest.mark.parametrize("language", ["en", "zh", "de", "es"])
def test_at_least_65_percent_of_the_groups_are_right_in_each_language(language: str) -> None:
    assert groups_right([pair for pair in pairs_of_traces() if pair.language == language]) >= 0.65


def test_most_kinds_are_right_where_cues_were_tuned() -> None:
    pairs = pairs_of_traces()

    assert sum(pair.kind is pair.guessed for pair in pairs) / len(pairs) >= 0.75


def test_at_least_65_percent_of_the_groups_are_right_where_no_rule_was_known() -> None:
    sentences = read_sentences("blind_traces")

    assert len(sentences) == 210
    assert len({sentence.style for sentence in sentences}) == 5
    assert groups_right(pairs_of_traces("blind_traces")) >= 0.65


def test_two_thirds_of_the_groups_are_right_in_recordings_where_no_cue_was_tuned() -> None:
    pairs = pairs_of_recordings()

    assert len(pairs) >= 80
    assert groups_right(pairs) >= 0.65


def test_few_steps_are_called_facts_and_most_of_those_are() -> None:
    steps = [step for recording in recordings() for step in steps_of(recording.reasoning)]
    pairs = pairs_of_traces() + pairs_of_recordings()
    facts = [pair.kind for pair in pairs if pair.guessed is Kind.RECALL]

    assert share(Kind.RECALL, [step.kind for step in steps]) <= 0.1
    assert share(Kind.RECALL, facts) >= 0.6


def test_hardly_any_chinese_sentence_is_unclassified() -> None:
    guessed = [pair.guessed for pair in pairs_of_traces() if pair.language == "zh"]

    assert share(Kind.UNCLASSIFIED, guessed) <= 0.05
