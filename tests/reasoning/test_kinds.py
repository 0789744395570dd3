import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reasoning.chinese_sentences import SENTENCES

from qwq_magic.reasoning import Group, Guess, Kind, classify, guess, kinds
from qwq_magic.reasoning.kind_weights import load_weights
from qwq_magic.reasoning.kinds import LOOKAHEAD

ENGLISH = {
    Kind.SETUP: "Okay, so I have this problem where a train leaves the station at noon.",
    Kind.PLAN: "Let me break this down step by step.",
    Kind.RECALL: "I remember that the formula for the area of a circle is pi times r squared.",
    Kind.COMPUTE: "12 * 7 = 84, and 84 + 16 = 100",
    Kind.CHECK: "Let me verify that once more.",
    Kind.DOUBT: "Wait, maybe I made a mistake somewhere.",
    Kind.SWITCH: "Alternatively, I could count them one by one.",
    Kind.CONCLUDE: "Therefore, the total number of seats is 45.",
    Kind.ANSWER: "**Final Answer**\nThe value is \\boxed{45}.",
}


@pytest.mark.parametrize(("kind", "text"), ENGLISH.items(), ids=ENGLISH)
def test_plain_examples_are_of_their_kind(kind: Kind, text: str) -> None:
    position = 0.0 if kind is Kind.SETUP else 0.5

    assert classify(text, position=position, previous="" if position == 0 else "Hm.") is kind


def test_kinds_are_strings_and_have_groups() -> None:
    assert [Kind.DOUBT, f"{Kind.DOUBT}"] == ["doubt", "doubt"]
    assert {kind.group for kind in Kind} == set(Group)
    assert (Kind.ANSWER.group, Kind.PLAN.group) == ("conclude", "orient")


@pytest.mark.parametrize("text", ["", "   ", "...", "—— !!", "\n\n", "Привет", "ははは"])
def test_what_says_nothing_known_is_unclassified(text: str) -> None:
    assert guess(text, position=0.5) == Guess(Kind.UNCLASSIFIED, "")


def test_the_cue_is_quoted_from_the_text() -> None:
    assert guess("But WAIT, it is odd.", position=0.4).cue == "WAIT"
    assert guess("等一下，我漏掉了零。", position=0.4) == Guess(Kind.DOUBT, "等一下")


@given(st.text(max_size=200), st.floats(0, 1), st.text(max_size=80))
def test_any_text_has_a_kind_and_a_cue_of_its_own_words(
    text: str, position: float, previous: str
) -> None:
    found = guess(text, position=position, previous=previous)

    assert found.kind in Kind
    assert found.cue in text
    assert found.kind is classify(text, position=position, previous=previous)


def test_a_problem_is_set_up_at_the_start_only() -> None:
    texts = [*SENTENCES[Kind.SETUP], ENGLISH[Kind.SETUP]]

    assert Kind.SETUP not in {classify(text, position=0.5) for text in texts}


def test_a_huge_step_is_judged_by_its_ends() -> None:
    assert classify("Wait, no. " + "a " * 500_000, position=0.5) is Kind.DOUBT


def test_a_hundred_chinese_sentences_are_mostly_of_their_kind() -> None:
    assert sum(map(len, SENTENCES.values())) == 100
    pairs = [
        (kind, classify(text, position=0.0 if kind is Kind.SETUP else 0.5))
        for kind, texts in SENTENCES.items()
        for text in texts
    ]
    kinds_right = sum(kind is guessed for kind, guessed in pairs)
    groups_right = sum(kind.group is guessed.group for kind, guessed in pairs)

    assert min(kinds_right, groups_right) >= 94


def test_the_weights_are_loaded_once_and_small() -> None:
    file = Path(kinds.__file__).with_name("kind_weights.json")

    assert load_weights() is load_weights()
    assert file.stat().st_size < 150_000
    assert "MIT License" in json.loads(file.read_text(encoding="utf-8"))["licence"]


def test_no_weight_is_for_more_than_three_words() -> None:
    longest = max(len(name.lstrip("^").split()) for name in load_weights().weights)

    assert longest <= 3


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Then the boat goes back empty.", Kind.COMPUTE),
        ("**Alternative Attempt:**", Kind.SWITCH),
        ("**Alternative approach**", Kind.SWITCH),
        ("Answer: 9.", Kind.ANSWER),
        ("共3辆。", Kind.CONCLUDE),
        ("对，这样算下来就是100桶。", Kind.CONCLUDE),
        ("假设有x个人。", Kind.COMPUTE),
        ("中断后重新开始下载。", Kind.COMPUTE),
        ("我们重新开始，把条件再读一遍。", Kind.SWITCH),
        ("Moment, das stimmt nicht.", Kind.DOUBT),
        ("Also sind es insgesamt 12 Wege.", Kind.CONCLUDE),
        ("La réponse est 12.", Kind.ANSWER),
        ("Espera, no estoy seguro.", Kind.DOUBT),
    ],
)
def test_a_statement_is_work_unless_a_cue_of_its_language_shows_more(text: str, kind: Kind) -> None:
    assert classify(text, position=0.5, previous="One of them rows.") is kind


def test_the_restated_problem_goes_on_until_something_else_begins() -> None:
    text = "The table has a row per month."

    assert classify(text, position=0.02, previous_kind=Kind.SETUP, previous="A") is Kind.SETUP
    assert classify(text, position=0.02, previous_kind=Kind.CHECK, previous="A") is Kind.COMPUTE
    assert classify(text, position=0.5, previous_kind=Kind.SETUP, previous="A") is Kind.COMPUTE


@pytest.mark.parametrize("opener", ["Okay", "Right", "Alright", "Good"])
def test_a_word_that_only_opens_a_sentence_is_no_verdict(opener: str) -> None:
    assert classify(f"{opener}, the user asks which of the two is larger.") is Kind.SETUP


def test_a_question_without_a_cue_is_a_doubt() -> None:
    assert guess("Are the tuples hashable?", position=0.5, previous="A") == Guess(Kind.DOUBT, "?")


@given(st.text(max_size=60), st.text(min_size=LOOKAHEAD, max_size=LOOKAHEAD), st.text())
def test_only_the_first_characters_of_what_follows_count(text: str, after: str, rest: str) -> None:
    assert guess(text, following=after) == guess(text, following=after + rest)
