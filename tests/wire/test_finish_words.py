"""Only known good ends make a reply whole; all other words are shown as what they are."""

from __future__ import annotations

import json

import pytest

from qwq_magic.display.captions import ending_caption, state_caption
from qwq_magic.display.saved.bundle import TURN_MIME, final_bundle
from qwq_magic.events import AnswerDelta, Ending
from qwq_magic.turns import ChatRequest, Turn, TurnBuilder, ending_in, is_cut
from qwq_magic.wire.finish_words import FINISH_WORDS, ending_of
from qwq_magic.wire.openai import PROTOCOL


def turn_ending_with(word: str, *, answer: str = "a") -> Turn:
    decoder = PROTOCOL.decoder()
    choice = {"delta": {"content": answer}, "finish_reason": word}
    body = f"data: {json.dumps({'choices': [choice]})}\n\ndata: [DONE]\n\n".encode()
    builder = TurnBuilder(ChatRequest("", "m", ()), server="s")
    for event in [*decoder.feed(body), *decoder.close()]:
        builder.add(event)
    return builder.finish(decoder.error)


@pytest.mark.parametrize(
    "word",
    ["stop", "STOP", "eos", "eos_token", "end_turn", "stop_sequence", "COMPLETE", "tool_calls"],
)
def test_a_good_end_is_complete(word: str) -> None:
    turn = turn_ending_with(word)

    assert (turn.complete, turn.state, turn.finish_reason) == (True, "complete", word)
    assert state_caption(turn) == ""


@pytest.mark.parametrize(
    ("word", "shown"),
    [
        ("model_context_window_exceeded", "Cut off"),
        ("model_length", "Cut off"),
        ("insufficient_system_resource", "Cut off"),
        ("abort", "Cut off"),
        ("cancelled", "Cut off"),
        ("repetition", "Cut off"),
        ("repetition_truncation", "Cut off"),
        ("content_filter", "Filtered"),
        ("sensitive", "Filtered"),
        ("SAFETY", "Filtered"),
        ("refusal", "Filtered"),
        ("weird_word", "Ended with weird_word"),
        ("OTHER", "Ended with OTHER"),
    ],
)
def test_any_other_end_is_shown_as_what_it_is_and_keeps_the_text(word: str, shown: str) -> None:
    turn = turn_ending_with(word)
    data = final_bundle(turn, place=None)[TURN_MIME]

    assert (turn.complete, is_cut(turn), turn.error, turn.answer) == (False, True, None, "a")
    assert turn.finish_reason == word
    assert isinstance(data, dict)
    # Older views know three states, and show this one in amber.
    assert (data["state"], data["state_word"]) == ("stopped", shown)
    assert "by you" not in data["ending"] != ""


@pytest.mark.parametrize("word", ["error", "failed", "network_error", "timeout"])
def test_a_failure_is_an_error(word: str) -> None:
    turn = turn_ending_with(word)

    assert (turn.complete, turn.state, turn.answer) == (False, "error", "a")


@pytest.mark.parametrize(
    "word", ["length", "max_tokens", "MAX_TOKENS", "max_output_tokens", "Length"]
)
@pytest.mark.parametrize("answer", ["a", ""])
def test_the_limit_of_the_request_is_a_whole_turn_that_says_what_to_type(
    word: str, answer: str
) -> None:
    turn = turn_ending_with(word, answer=answer)

    assert (turn.complete, turn.state, turn.notices) == (True, "complete", ())
    assert "Ran out of tokens" in ending_caption(turn)
    assert "-p max_tokens=" in ending_caption(turn)
    assert state_caption(turn) == "Cut off"


def test_the_limit_to_type_is_twice_the_one_that_was_set() -> None:
    request = ChatRequest("", "m", (), {"max_completion_tokens": 300})
    builder = TurnBuilder(request, server="s")
    builder.add(AnswerDelta("a"))
    decoder = PROTOCOL.decoder()
    body = b'data: {"choices":[{"delta":{},"finish_reason":"length"}]}\n\ndata: [DONE]\n\n'
    for event in decoder.feed(body):
        builder.add(event)

    assert "-p max_completion_tokens=600" in ending_caption(builder.finish())


def test_a_turn_remembers_what_a_word_meant_and_older_versions_read_the_usual_ones() -> None:
    for word in ("weird_word", "sensitive", "MAX_TOKENS", "stop", "length"):
        turn = turn_ending_with(word)
        assert ending_in(Turn.from_dict(turn.to_dict())) is ending_in(turn)
    assert "ending" not in turn_ending_with("stop").to_dict()
    assert "ending" not in turn_ending_with("length").to_dict()


def test_words_count_in_any_case_and_unknown_ones_are_not_good() -> None:
    assert ending_of("Stop", FINISH_WORDS) is Ending.COMPLETE
    assert ending_of("toString", FINISH_WORDS) is Ending.UNKNOWN
