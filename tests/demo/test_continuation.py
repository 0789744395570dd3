"""What follows a given text in the demo, as a pure function of it."""

from __future__ import annotations

import pytest

from qwq_magic.demo.branches import Branch, parse_branches
from qwq_magic.demo.continuation import following
from qwq_magic.demo.recordings import Recording, Reply, recordings
from qwq_magic.errors import NoRecording
from qwq_magic.turns import Parent, Prefix

STEERED = [recording for recording in recordings() if recording.branches.branches]
BY_ID = {recording.id: recording for recording in recordings()}
STOPPED = Parent("a", None, "continue")
EDITED = Parent("a", 3, "edit")

every_recording = pytest.mark.parametrize("recording", recordings(), ids=lambda r: r.id)
every_steered = pytest.mark.parametrize("recording", STEERED, ids=lambda r: r.id)


def after(recording: Recording, given: str, parent: Parent | None = STOPPED) -> Reply:
    return following(recording, Prefix(given), parent)


@every_recording
def test_every_beginning_is_followed_by_exactly_the_rest(recording: Recording) -> None:
    text = recording.reasoning
    for end in range(len(text) + 1):
        assert after(recording, text[:end]) == Reply(text[end:], recording.answer)


@every_recording
def test_every_beginning_of_the_answer_is_followed_by_exactly_the_rest(
    recording: Recording,
) -> None:
    for end in range(len(recording.answer) + 1):
        given = Prefix(recording.reasoning, closed=True, answer=recording.answer[:end])
        assert following(recording, given, STOPPED) == Reply("", recording.answer[end:])


@every_steered
def test_a_branch_that_was_stopped_goes_on_to_exactly_its_end(recording: Recording) -> None:
    words = [(branch, " ".join(branch.words[:1])) for branch in recording.branches.branches]
    for branch, word in words:
        if branch.kind == "think on":
            given = f"{recording.reasoning}\n\nWait, "
        else:
            given = f"{recording.reasoning[:300]} So: {word}. "
        # Up to here, another way to a result has the same words.
        begin = len("Let me ") + 5 if branch.kind in ("again", "sample") else 1
        for end in range(begin, len(branch.reasoning) + 1):
            reply = after(recording, given + branch.reasoning[:end])
            assert reply == Reply(branch.reasoning[end:], branch.answer)


@every_steered
def test_every_branch_is_well_formed(recording: Recording) -> None:
    branches = recording.branches
    edits = branches.of("edit")

    assert len(branches.of("again")) >= 2
    assert len(branches.of("think on")) == 1
    assert sum(not edit.words for edit in edits) == 1
    assert len(edits) >= 2
    assert branches.check.reasoning.startswith("I ")
    assert branches.last_sentence.endswith(".")
    for branch in branches.branches:
        assert branch.answer
        assert branch.answer != recording.answer
        assert branch.reasoning not in recording.reasoning
        assert all(word == word.casefold() and word for word in branch.words)
    assert len({branch.reasoning for branch in branches.branches}) == len(branches.branches)


@every_steered
def test_every_branch_can_be_reached(recording: Recording) -> None:
    branches = recording.branches
    given = recording.reasoning[:300].rpartition(" ")[0] + " "
    reached: list[Branch] = []
    for edit in branches.of("edit"):
        for word in edit.words or ("blue",):
            reply = after(recording, f"{given}It is {word.upper()}.", EDITED)
            assert reply == Reply(f"\n\n{edit.reasoning}", edit.answer)
            reached.append(edit)
    for way in branches.of("again"):
        reply = after(recording, given, Parent(f"of {recording.id}", 3, "resample"))
        assert reply == Reply(way.reasoning, way.answer)
        reached.append(way)
    reply = after(recording, f"{recording.reasoning}\n\nHmm", EDITED)
    assert reply == Reply(f", {branches.check.reasoning}", branches.check.answer)

    assert {*reached, branches.check, *branches.of("sample")} == set(branches.branches)


@every_recording
def test_a_reasoning_is_answered_as_far_as_it_got(recording: Recording) -> None:
    text, branches = recording.reasoning, recording.branches
    shares = [share for share, _ in branches.early_answers]
    assert shares[0] == 0
    assert shares == sorted(set(shares))
    assert len(shares) >= 2
    for share, answer in branches.early_answers:
        given = Prefix(text[: round(len(text) * share) + 1], closed=True)
        assert following(recording, given, None) == Reply("", answer)
    whole = following(recording, Prefix(text, closed=True), None)

    assert whole == Reply("", recording.answer)


@pytest.mark.parametrize(
    ("recording_id", "share", "has_it_before"),
    [
        ("decimals", 0.53, "so 9.90 is larger"),
        ("section-numbers", 0.28, "So 9.9 comes first"),
        ("primes", 0.59, "So no finite list contains all primes."),
        ("bridge", 0.27, "cross again: 2. Total 17."),
        ("bridge", 0.95, "17 is the minimum"),
        ("bug-hunt", 0.24, "max(merged[-1][1], end)"),
        ("bug-hunt", 0.93, "Input untouched"),
        ("introduction", 0.54, "不要把两个版本弄混了"),
        ("collections", 0.64, "Empty: `{}`"),
        ("sales", 0.78, "at the end"),
        ("dominoes", 0.25, "= 495"),
        ("dominoes", 0.48, "= 571"),
        ("dominoes", 0.87, "= 156"),
    ],
)
def test_an_answer_has_its_result_only_after_the_reasoning_has_it(
    recording_id: str, share: float, has_it_before: str
) -> None:
    recording = BY_ID[recording_id]
    shares = [least for least, _ in recording.branches.early_answers]
    end = recording.reasoning.index(has_it_before) + len(has_it_before)

    assert share in shares
    assert end <= share * len(recording.reasoning) < end + 0.02 * len(recording.reasoning)


def test_a_word_is_found_at_the_beginning_of_the_users_words_only() -> None:
    branches = BY_ID["decimals"].branches
    given = BY_ID["decimals"].reasoning[:149]

    # The recorded text before it has none of the words that count, and neither has “outdated”.
    assert after(BY_ID["decimals"], f"{given}An outdated idea.", EDITED).answer == next(
        edit.answer for edit in branches.of("edit") if not edit.words
    )


def test_the_users_last_word_decides() -> None:
    given = "These are versions. No, these are dates."

    assert "later date" in after(BY_ID["decimals"], given, EDITED).answer


def test_a_reopened_reasoning_follows_a_word_that_asks_for_another_end() -> None:
    recording = BY_ID["decimals"]
    given = f"{recording.reasoning}\n\nBut these are version numbers."

    assert after(recording, given, EDITED).answer.startswith("**9.11 comes after 9.9**")


def test_a_way_that_has_only_begun_is_answered_as_the_recording_was_so_far() -> None:
    recording = BY_ID["decimals"]
    branches = recording.branches
    way = branches.of("again")[0]
    begun = Prefix(recording.reasoning[:149] + way.reasoning[:60], closed=True)
    nearly = Prefix(recording.reasoning[:149] + way.reasoning[:-5], closed=True)

    assert following(recording, begun, None).answer == branches.early_answer(0)
    assert following(recording, nearly, None).answer == way.answer


@pytest.mark.parametrize(
    ("begun", "lead"), [("It is clear.", " "), ("It is clear. ", ""), ("I would say", " … ")]
)
def test_an_answer_in_other_words_ends_with_a_sentence(begun: str, lead: str) -> None:
    recording = BY_ID["decimals"]
    reply = following(recording, Prefix(answer=begun), None)

    assert reply == Reply("", lead + recording.branches.last_sentence)


@pytest.mark.parametrize(
    ("prefix", "parent"),
    [
        (Prefix("The user"), Parent("a", 2, "resample")),
        (Prefix("The user wants a poem."), EDITED),
        (Prefix("The user wants a poem.", closed=True), None),
        (Prefix(answer="Well, "), None),
    ],
)
def test_without_branches_only_the_recorded_text_goes_on(prefix: Prefix, parent: Parent) -> None:
    with pytest.raises(NoRecording, match="These have other ends: “Which is"):
        following(BY_ID["collections"], prefix, parent)


def test_a_probe_is_answered_with_the_value_of_the_early_answer() -> None:
    bridge, begun = BY_ID["bridge"], "The final answer is \\boxed{"
    probed = Parent("a", 1, "probe")
    values = [
        following(bridge, Prefix(bridge.reasoning[:length], closed=True, answer=begun), probed)
        for length in (0, len(bridge.reasoning))
    ]

    assert values == [Reply("", "19}"), Reply("", "17}")]
    primes = following(BY_ID["primes"], Prefix(closed=True, answer=begun), probed)
    assert primes == Reply("", "?}")


def test_an_unknown_section_of_a_recording_is_an_error() -> None:
    with pytest.raises(ValueError, match="'agian'"):
        parse_branches([("agian", "", "Let me try.")])
