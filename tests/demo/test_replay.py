from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
import zipfile
from collections.abc import AsyncGenerator, Callable
from dataclasses import replace
from itertools import combinations
from math import prod
from pathlib import Path
from typing import Any, cast

import pytest

from qwq_magic import Limits, Prefix, Session, Turn
from qwq_magic.demo import ReplayModel
from qwq_magic.demo.recordings import Recording, recordings, split_deltas
from qwq_magic.demo.replay import DEMO_MODEL, SPEED_VARIABLE, find_recording
from qwq_magic.errors import ConfigurationError, NoRecording
from qwq_magic.events import (
    AnswerDelta,
    Event,
    Notice,
    ReasoningDelta,
    StreamFinished,
    UsageReported,
    merge_deltas,
)
from qwq_magic.reasoning.values import committed_value
from qwq_magic.session.run import Run
from qwq_magic.turns import ChatRequest, Message
from qwq_magic.turns.chat_model import ChatModel, ContinuesReplies

ROOT = Path(__file__).parents[2]
BY_ID = {recording.id: recording for recording in recordings()}
DECIMALS = BY_ID["decimals"].branches
NO_WAITING = float("inf")

every_recording = pytest.mark.parametrize("recording", recordings(), ids=lambda r: r.id)


@pytest.fixture(autouse=True)
def _no_speed_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(SPEED_VARIABLE, raising=False)


class Clock:
    """Time that passes only while someone sleeps, and the sleeps."""

    def __init__(self) -> None:
        self.now_s = 100.0
        self.sleeps_s: list[float] = []

    def __call__(self) -> float:
        return self.now_s

    async def sleep(self, seconds: float) -> None:
        self.sleeps_s.append(seconds)
        self.now_s += seconds


def ask(prompt: str, *, earlier: tuple[str, ...] = (), **parameters: Any) -> ChatRequest:
    history = [
        message
        for text in earlier
        for message in (Message("user", text), Message("assistant", "An answer."))
    ]
    return ChatRequest(
        prompt=prompt,
        model="qwq-plus",
        messages=(*history, Message("user", prompt)),
        parameters=parameters,
    )


def request_for(recording: Recording, **parameters: Any) -> ChatRequest:
    earlier = (BY_ID[recording.follows].prompt,) if recording.follows else ()
    return ask(recording.prompt, earlier=earlier, **parameters)


def replay(request: ChatRequest, **options: Any) -> list[Event]:
    options.setdefault("speed", NO_WAITING)

    async def collect() -> list[Event]:
        return [event async for event in ReplayModel(**options).stream(request)]

    return asyncio.run(collect())


def code_blocks(recording: Recording) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```$", recording.answer, re.DOTALL | re.MULTILINE)


# What the recordings are.


def test_there_are_enough_recordings_and_one_of_them_is_long() -> None:
    lengths = [len(split_deltas(recording.reasoning)) for recording in recordings()]

    assert len(lengths) >= 8
    assert max(lengths) >= 3_000


def test_every_prompt_and_alias_belongs_to_one_recording() -> None:
    for recording in recordings():
        for prompt in (recording.prompt, *recording.aliases):
            request = ask(prompt, earlier=tuple(r.prompt for r in recordings()))
            assert find_recording(request) == recording


@every_recording
def test_deltas_joined_are_the_text(recording: Recording) -> None:
    deltas = [delta for _, delta in recording.iter_timed_deltas()]

    assert list(merge_deltas(deltas)) == [
        ReasoningDelta(recording.reasoning),
        AnswerDelta(recording.answer),
    ]


def test_any_text_survives_being_cut_into_deltas() -> None:
    text = "a\n\n\tb  c\u2028d 你好，世界！👩‍👩‍👧‍👦 naïve_x=3.14\r\n\x00 end "

    assert "".join(split_deltas(text)) == text


@every_recording
def test_deltas_never_fall_due_before_the_one_before(recording: Recording) -> None:
    due_s = [due for due, _ in recording.iter_timed_deltas()]

    assert due_s == sorted(due_s)
    assert 0 < due_s[0] < 2
    assert recording.duration_s == due_s[-1] < 45


def test_timing_is_the_same_in_every_replay() -> None:
    recording = recordings()[0]

    assert list(recording.iter_timed_deltas()) == list(recording.iter_timed_deltas())


def test_the_chinese_introduction_reasons_in_chinese() -> None:
    reasoning = BY_ID["introduction"].reasoning

    chinese = len(re.findall(r"[一-鿿]", reasoning))
    assert chinese / (chinese + len(re.findall(r"[A-Za-z]", reasoning))) > 0.85


def test_the_proof_uses_every_kind_of_math_delimiter() -> None:
    answer = BY_ID["primes"].answer

    assert re.search(r"(?<!\$)\$[^$\n]+\$(?!\$)", answer)
    assert re.search(r"\$\$.+?\$\$", answer, re.DOTALL)
    assert re.search(r"\\\(.+?\\\)", answer)


# What the recordings claim.


def test_the_bug_hunt_finds_the_bug_and_mends_it() -> None:
    recording = BY_ID["bug-hunt"]
    broken: dict[str, Any] = {}
    exec(recording.prompt[recording.prompt.index("def merge") :], broken)
    mended: dict[str, Any] = {}
    for block in code_blocks(recording):
        exec(block, mended)

    assert broken["merge"]([[1, 10], [2, 3], [5, 8]]) == [[1, 3], [5, 8]]
    assert mended["merge"]([[1, 10], [2, 3], [5, 8]]) == [[1, 10]]


@pytest.mark.parametrize("recording_id", ["bug-hunt", "sales"])
def test_code_in_an_early_answer_is_part_of_the_whole_one(recording_id: str) -> None:
    recording = BY_ID[recording_id]
    *_, (_, last) = recording.branches.early_answers
    [code] = re.findall(r"^```python\n(.*?)^```$", last, re.DOTALL | re.MULTILINE)

    assert code in recording.answer


def test_the_section_numbers_are_sorted_as_claimed() -> None:
    values: dict[str, Any] = {}
    exec(code_blocks(BY_ID["section-numbers"])[0], values)

    assert values["in_order"] == ["9.9", "9.10", "9.11"]


def test_the_domino_program_prints_what_the_answer_says(
    capsys: pytest.CaptureFixture[str],
) -> None:
    exec(code_blocks(BY_ID["dominoes"])[0], {})

    assert capsys.readouterr().out == "571 156\n"


def test_the_sales_shares_are_those_of_the_example() -> None:
    pd = pytest.importorskip("pandas", reason="the code of one recording needs pandas")
    dates = pd.to_datetime(["2025-01-05", "2025-01-20", "2025-01-09", "2025-03-02"])
    sales = pd.DataFrame({"customer": list("AABB"), "date": dates, "amount": [30, 10, 60, 50]})
    values: dict[str, Any] = {"sales": sales}
    exec(code_blocks(BY_ID["sales"])[0], values)

    assert values["share"].to_numpy().tolist() == [[0.4, 0.6], [0.0, 0.0], [0.0, 1.0]]


def least_minutes(*, at_once: int = 2, has_torch: bool = True) -> int:
    """The shortest time for the bridge, by trying every crossing."""
    everybody = frozenset({1, 2, 5, 10})
    best = {(everybody, True): 0}
    open_states = [(everybody, True)]
    while open_states:
        near, torch_is_near = state = open_states.pop()
        movers = sorted(near if torch_is_near else everybody - near)
        for size in range(1, at_once + 1):
            for group in combinations(movers, size):
                after = (near ^ set(group), not torch_is_near if has_torch else True)
                minutes = best[state] + max(group)
                if minutes < best.get(after, 100):
                    best[after] = minutes
                    open_states.append(after)
    return min(minutes for (near, _), minutes in best.items() if not near)


def test_no_plan_crosses_the_bridge_in_less_than_17_minutes() -> None:
    assert least_minutes() == 17
    assert "**17 minutes.**" in BY_ID["bridge"].answer


@pytest.mark.parametrize(
    ("words", "minutes"),
    [
        ("Three can cross at once.", least_minutes(at_once=3)),
        ("It is day, and they need no torch.", least_minutes(has_torch=False)),
    ],
)
def test_other_rules_of_the_bridge_have_the_times_that_are_claimed(
    words: str, minutes: int
) -> None:
    branches = BY_ID["bridge"].branches

    assert branches.edit_for(words).answer.startswith(f"**{minutes} minutes**")


@pytest.mark.parametrize(
    ("recording_id", "values"),
    [
        ("bridge", ["17", "19", "17", "17", "17", "19"]),
        ("decimals", ["9.9", "9.11", "9.9", "9.9", "9.9"]),
    ],
)
def test_samples_of_a_prompt_disagree(recording_id: str, values: list[str]) -> None:
    recording = next(each for each in recordings() if each.id == recording_id)
    numbers = range(1, len(values) + 1)
    found = [replay(replace(request_for(recording), sample=number)) for number in numbers]
    answers = ["".join(e.text for e in events if isinstance(e, AnswerDelta)) for events in found]
    assert [committed_value(answer) for answer in answers] == values
    # After the last of them, the first one is replayed again.
    next_one = replace(request_for(recording), sample=len(values) + 1)
    assert replay(next_one) == found[0]


@pytest.mark.parametrize(
    ("recording_id", "first", "others"),
    [
        ("decimals", "9.9", {None, "9.9", "9.11"}),
        ("section-numbers", "9.9", {None, "9.9", "9.11"}),
        ("bridge", "17", {"12", "13", "17", "19"}),
        ("dominoes", "571", {None, "495", "571"}),
        ("primes", None, {None}),
        ("bug-hunt", None, {None}),
        ("introduction", None, {None}),
        ("collections", None, {None}),
        ("sales", None, {None}),
    ],
)
def test_each_answer_commits_to_the_value_that_a_reader_finds(
    recording_id: str, first: str | None, others: set[str | None]
) -> None:
    recording = BY_ID[recording_id]
    branches = recording.branches
    early = [answer for _, answer in branches.early_answers]
    answers = [*early, *(branch.answer for branch in branches.branches if branch.answer)]

    assert committed_value(recording.answer) == first
    assert {committed_value(answer) for answer in answers} | {first} == others


def test_the_examples_of_other_proofs_are_right() -> None:
    def least_divisor(number: int) -> int:
        return next(d for d in range(2, number + 1) if number % d == 0)

    fermat = [2 ** (2**k) + 1 for k in range(4)]

    assert [least_divisor(n) for n in (16, 15, 1807, 25, 121)] == [2, 3, 13, 5, 11]
    assert fermat == [3, 5, 17, 257]
    assert all(prod(fermat[:k]) == fermat[k] - 2 for k in range(1, 4))


# How they are replayed.


@every_recording
def test_a_replay_is_a_notice_the_texts_usage_and_an_end(recording: Recording) -> None:
    request = request_for(recording)
    notice, *rest = replay(request)

    sent = sum(len(split_deltas(message.text)) for message in request.messages)
    assert isinstance(notice, Notice)
    assert list(merge_deltas(rest)) == [
        ReasoningDelta(recording.reasoning),
        AnswerDelta(recording.answer),
        UsageReported(recording.reply.usage(input_tokens=sent)),
        StreamFinished("stop"),
    ]


def test_the_model_is_a_chat_model() -> None:
    model: ChatModel = ReplayModel()

    assert model.server == "demo"


def test_the_notice_says_that_no_model_runs_and_how_to_connect_one() -> None:
    notice = cast(Notice, replay(ask("9.11 or 9.9?"))[0])

    assert "recording" in notice.text
    assert "no model is running" in notice.text
    assert "DASHSCOPE_API_KEY" in notice.text
    assert "\n" not in notice.text
    assert notice.model == DEMO_MODEL


def test_usage_counts_deltas_as_tokens() -> None:
    recording = BY_ID["decimals"]
    timed = [delta for _, delta in recording.iter_timed_deltas()]
    usage = recording.reply.usage(input_tokens=7)

    assert usage.reasoning_tokens == sum(isinstance(delta, ReasoningDelta) for delta in timed)
    assert usage.output_tokens == len(timed)
    assert usage.total_tokens == len(timed) + 7


def test_a_replay_takes_its_recorded_time_without_drift() -> None:
    clock = Clock()
    recording = BY_ID["dominoes"]
    replay(ask(recording.prompt), speed=1, sleep=clock.sleep, clock=clock)

    assert sum(clock.sleeps_s) == pytest.approx(recording.duration_s, abs=0.02)
    assert all(seconds == 0 or seconds >= 0.01 for seconds in clock.sleeps_s)


def test_a_slow_reader_catches_up() -> None:
    clock = Clock()
    recording = BY_ID["decimals"]

    async def read_slowly() -> None:
        model = ReplayModel(sleep=clock.sleep, clock=clock)
        pauses = 20
        async for event in model.stream(ask(recording.prompt)):
            if isinstance(event, ReasoningDelta) and pauses:
                clock.now_s += 0.1
                pauses -= 1

    asyncio.run(read_slowly())

    assert clock.now_s - 100 == pytest.approx(recording.duration_s, abs=0.02)


def test_twice_the_speed_takes_half_the_time() -> None:
    clock = Clock()
    recording = BY_ID["decimals"]
    replay(ask(recording.prompt, speed=2), speed=1, sleep=clock.sleep, clock=clock)

    assert sum(clock.sleeps_s) == pytest.approx(recording.duration_s / 2, abs=0.02)


@pytest.mark.parametrize("speed", [NO_WAITING, 1e9])
def test_without_waiting_deltas_travel_in_small_groups(speed: float) -> None:
    clock = Clock()
    recording = BY_ID["dominoes"]
    events = replay(ask(recording.prompt, speed=speed), sleep=clock.sleep, clock=clock)

    assert sum(clock.sleeps_s) == 0
    assert 50 < len(events) < 400


@pytest.mark.parametrize("speed", [0, -1, "2", "fast", None, True, float("nan"), [2]])
def test_a_speed_must_be_a_number_above_zero(speed: object) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(repr(speed))) as raised:
        replay(ask("9.11 or 9.9?", speed=speed))

    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(("variable", "factor"), [("4", 4.0), ("0.5", 0.5), ("", 1.0)])
def test_the_variable_sets_the_speed(
    monkeypatch: pytest.MonkeyPatch, variable: str, factor: float
) -> None:
    clock = Clock()
    recording = BY_ID["decimals"]
    monkeypatch.setenv(SPEED_VARIABLE, variable)
    replay(ask(recording.prompt), speed=None, sleep=clock.sleep, clock=clock)

    assert sum(clock.sleeps_s) == pytest.approx(recording.duration_s / factor, abs=0.02)


@pytest.mark.parametrize("variable", ["fast", "0", "nan"])
def test_a_bad_speed_in_the_variable_is_named(
    monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(SPEED_VARIABLE, variable)

    with pytest.raises(ConfigurationError, match=f"{SPEED_VARIABLE} is '{variable}'"):
        replay(ask("9.11 or 9.9?"), speed=None)


def test_a_cancelled_replay_stops_at_once() -> None:
    async def stop_early() -> list[Event]:
        events: list[Event] = []

        async def read() -> None:
            async for event in ReplayModel(speed=NO_WAITING).stream(request):
                events.append(event)
                if len(events) == 3:
                    reader.cancel()

        request = ask(BY_ID["dominoes"].prompt)
        reader = asyncio.ensure_future(read())
        with pytest.raises(asyncio.CancelledError):
            await reader
        return events

    assert len(asyncio.run(stop_early())) <= 4


def test_a_closed_replay_yields_no_more() -> None:
    async def close_early() -> list[Event]:
        stream = ReplayModel(speed=NO_WAITING).stream(ask("9.11 or 9.9?"))
        first = await anext(stream)
        await cast("AsyncGenerator[Event, None]", stream).aclose()
        return [first, *[event async for event in stream]]

    assert len(asyncio.run(close_early())) == 1


# Which one is replayed.


@pytest.mark.parametrize(
    "prompt",
    [
        "Which is larger, 9.11 or 9.9?",
        "  which is LARGER,\n9.11 or 9.9 ",
        "Which is larger， 9.11 or 9.9？",
        "Ｗｈｉｃｈ is larger, 9.11 or 9.9?!",
        "“Which is larger, 9.11 or 9.9?”",
    ],
)
def test_case_space_width_and_outer_punctuation_do_not_matter(prompt: str) -> None:
    assert find_recording(ask(prompt)) == BY_ID["decimals"]


def test_other_numbers_are_another_question() -> None:
    with pytest.raises(NoRecording):
        find_recording(ask("Which is larger, 9.12 or 9.9?"))


@pytest.mark.parametrize("prompt", ["Write me a poem.", "?", "。。。"])
def test_a_prompt_without_a_recording_says_so_and_lists_every_prompt(prompt: str) -> None:
    with pytest.raises(NoRecording) as raised:
        replay(ask(prompt))

    message = str(raised.value)
    listed = re.findall("“(.+?)”", message)
    assert "\n" not in message
    assert "no recording for this prompt" in message
    assert "DASHSCOPE_API_KEY" in message
    assert all(len(line) <= 60 for line in listed)
    for line, recording in zip(listed, recordings(), strict=True):
        assert " ".join(recording.prompt.split()).startswith(line.removesuffix("…"))


def test_a_follow_up_without_its_earlier_turn_says_what_to_ask_first() -> None:
    with pytest.raises(NoRecording) as raised:
        replay(ask(BY_ID["section-numbers"].prompt, earlier=(BY_ID["primes"].prompt,)))

    assert f"first send “{BY_ID['decimals'].prompt}”" in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_follow_up_may_come_after_other_turns() -> None:
    earlier = (BY_ID["decimals"].prompt, BY_ID["primes"].prompt)

    assert (
        find_recording(ask(BY_ID["section-numbers"].prompt, earlier=earlier))
        == (BY_ID["section-numbers"])
    )


# How they are steered. The acts are those of the public API, and every one of them is checked on
# what a user sees: the given text, what follows it, and where the answer comes from.


AT_ONCE = {"speed": 1e9}


def session_at(speed: float = 1e9) -> Session:
    return Session("demo", parameters={"speed": speed})


def streaming(session: Session, *, until: str, press: Callable[[Run], None], **call: Any) -> Turn:
    """Press a button once the reasoning has a text."""
    with session.start(BY_ID["decimals"].prompt, **call) as run:
        thought = ""
        for event in run.events():
            thought += event.text if isinstance(event, ReasoningDelta) else ""
            if until in thought:
                press(run)
                break
        return run.turn()


def stopped_turn(session: Session) -> Turn:
    return streaming(session, until="double-check", press=Run.stop)


def whole_turn(session: Session, recording_id: str = "decimals") -> Turn:
    return session.ask(BY_ID[recording_id].prompt)


def test_the_demo_continues_given_text_by_itself() -> None:
    model = ReplayModel()

    assert isinstance(model, ContinuesReplies)
    assert model.expected_way(ask("9.11 or 9.9?")) == "native"
    assert asyncio.run(model.way_for(ask("9.11 or 9.9?"))) == "native"


def test_answer_now_gives_the_answer_of_a_reasoning_that_has_only_begun() -> None:
    turn = streaming(session_at(5), until="At first", press=Run.answer_now)

    assert BY_ID["decimals"].reasoning.startswith(turn.reasoning)
    assert turn.answer == DECIMALS.early_answer(0.2)
    assert turn.complete
    assert turn.stopped_by is not None
    assert (turn.stopped_by.limit, turn.stopped_by.way) == ("user", "native")
    # What the demo says of itself is not repeated with the second request.
    assert len(turn.notices) == 1


def test_answer_now_answers_from_a_stopped_turn_that_had_its_result() -> None:
    session = session_at(5)
    stopped = stopped_turn(session)
    turn = session.answer_now(stopped, parameters=AT_ONCE)

    assert (stopped.state, turn.state) == ("stopped", "complete")
    assert turn.reasoning == stopped.reasoning
    assert turn.answer == DECIMALS.early_answer(0.6)
    assert turn.parent is not None
    assert (turn.parent.kind, turn.parent.way) == ("answer_now", "native")
    assert [notice[:5] for notice in turn.notices] == ["Demo:"]


def test_a_stopped_reply_goes_on_to_exactly_the_recorded_text() -> None:
    session = session_at(5)
    turn = session.go_on(stopped_turn(session), parameters=AT_ONCE)

    assert (turn.reasoning, turn.answer) == (BY_ID["decimals"].reasoning, BY_ID["decimals"].answer)


def test_an_answer_that_was_stopped_goes_on() -> None:
    session = session_at(5)
    with session.start("9.11 or 9.9?") as run:
        for event in run.events():
            if isinstance(event, AnswerDelta):
                run.stop()
        stopped = run.turn()
    turn = session.go_on(stopped, parameters=AT_ONCE)

    assert 0 < len(stopped.answer) < len(turn.answer)
    assert (turn.reasoning, turn.answer) == (BY_ID["decimals"].reasoning, BY_ID["decimals"].answer)


def test_steps_that_are_sampled_again_take_turns_among_the_other_ways() -> None:
    session = session_at()
    whole = whole_turn(session)
    turns = session.fork(whole, 6, n=3)
    assert isinstance(turns, list)
    given = whole.reasoning[: whole.steps[5].start]
    one, two = DECIMALS.of("again")

    assert [turn.reasoning for turn in turns] == [given + way.reasoning for way in (one, two, one)]
    assert [turn.answer for turn in turns] == [one.answer, two.answer, one.answer]


def test_a_way_that_is_sampled_again_gives_the_other_one() -> None:
    session = session_at()
    other = session.fork(whole_turn(session), 6)
    last = len(other.steps)
    another = session.fork(other, last)

    assert other.answer == DECIMALS.of("again")[0].answer
    assert another.answer == DECIMALS.of("again")[1].answer


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("These are version numbers.", "**9.11 comes after 9.9**"),
        ("Both are section numbers", "**9.11 comes after 9.9**"),
        ("They could be dates.", "**9.11 is the later date.**"),
        ("Perhaps the teacher is asking.", "**That depends on the reading.**"),
    ],
)
def test_an_edited_step_has_another_end(text: str, end: str) -> None:
    session = session_at()
    whole = whole_turn(session)
    turn = session.fork(whole, 6, text)

    assert turn.reasoning.startswith(whole.reasoning[: whole.steps[5].start] + text + "\n\n")
    assert turn.answer.startswith(end)
    written = turn.reasoning.partition(text)[2]
    assert turn.usage.reasoning_tokens == len(split_deltas(written))


def test_an_edited_step_can_be_answered_at_once() -> None:
    session = session_at()
    turn = session.fork(whole_turn(session), 6, "These are version numbers.", closed=True)

    assert turn.reasoning.endswith("These are version numbers.")
    assert turn.answer.startswith("**9.11 comes after 9.9**")
    assert turn.usage.reasoning_tokens == 0


def test_an_edited_reply_can_be_edited_again() -> None:
    session = session_at()
    edited = session.fork(whole_turn(session), 6, "These are version numbers.")
    again = session.fork(edited, len(edited.steps), "No, they are dates.")

    assert again.answer.startswith("**9.11 is the later date.**")


def test_thinking_on_confirms_the_result() -> None:
    session = session_at()
    whole = whole_turn(session)
    turn = session.think_on(whole)
    twice = session.think_on(turn)

    assert (
        turn.reasoning == f"{whole.reasoning}\n\nWait, {BY_ID['decimals'].branches.check.reasoning}"
    )
    assert turn.answer == DECIMALS.check.answer
    # The second check is not the first one again.
    assert twice.reasoning.count(DECIMALS.check.reasoning) == 1
    assert twice.answer == turn.answer


def test_thinking_on_after_an_edit_keeps_its_end() -> None:
    session = session_at()
    edited = session.fork(whole_turn(session), 6, "These are version numbers.")

    assert session.think_on(edited).answer == edited.answer


def test_a_limit_ends_the_reasoning_of_a_replay() -> None:
    turn = session_at(5).ask("9.11 or 9.9?", limits=Limits(tokens=60))

    assert BY_ID["decimals"].reasoning.startswith(turn.reasoning)
    assert len(turn.reasoning) < 600
    assert turn.answer == DECIMALS.early_answer(0)
    assert str(turn.stopped_by) == "tokens=60"


def test_a_given_beginning_of_the_users_own_is_continued() -> None:
    session = session_at()
    prompt = BY_ID["decimals"].prompt
    word = session.ask(prompt, prefix=Prefix("Okay, the us"))
    own = session.ask(prompt, prefix=Prefix("Versions!"))
    answer = session.ask(prompt, prefix=Prefix(answer="**9.9 is"))
    other = session.ask(prompt, prefix=Prefix(answer="Well, that is easy."))

    assert word.reasoning == BY_ID["decimals"].reasoning
    assert own.answer.startswith("**9.11 comes after 9.9**")
    assert answer.answer.startswith("**9.9 is larger.**")
    assert other.answer == f"Well, that is easy. {BY_ID['decimals'].branches.last_sentence}"


def test_given_text_is_read_and_only_the_rest_is_output() -> None:
    recording = BY_ID["decimals"]
    prefix = Prefix(recording.reasoning)
    [usage] = [
        e.usage
        for e in replay(replace(ask("9.11 or 9.9?"), prefix=prefix))
        if isinstance(e, UsageReported)
    ]

    assert usage.input_tokens == len(split_deltas("9.11 or 9.9?")) + len(
        split_deltas(recording.reasoning)
    )
    assert (usage.reasoning_tokens, usage.output_tokens) == (0, len(split_deltas(recording.answer)))


def test_the_rest_is_replayed_at_the_recorded_pace() -> None:
    clock = Clock()
    recording = BY_ID["bridge"]
    half = Prefix(recording.reasoning[: len(recording.reasoning) // 2])
    request = replace(ask(recording.prompt), prefix=half)
    replay(request, speed=1, sleep=clock.sleep, clock=clock)

    assert 0.4 < sum(clock.sleeps_s) / recording.duration_s < 0.8


def test_a_follow_up_is_steered_in_its_conversation() -> None:
    session = session_at()
    whole_turn(session)
    follow_up = whole_turn(session, "section-numbers")
    turn = session.fork(follow_up, 4, "This book numbers its remarks as decimals.")

    assert turn.answer.startswith("**9.11 comes first**")


def test_a_recording_without_branches_names_those_that_have_them() -> None:
    session = session_at()
    whole = whole_turn(session, "collections")
    with pytest.raises(NoRecording) as raised:
        session.fork(whole, 3)

    message = str(raised.value)
    listed = re.findall("“(.+?)”", message)
    assert "\n" not in message
    assert listed[0] == BY_ID["collections"].prompt
    assert len(listed) == 1 + len([r for r in recordings() if r.branches.branches])


def test_a_recording_without_branches_is_continued_where_it_was_stopped() -> None:
    session = session_at(5)
    recording = BY_ID["collections"]
    with session.start(recording.prompt) as run:
        next(event for event in run.events() if isinstance(event, ReasoningDelta))
        run.stop()
        stopped = run.turn()
    turn = session.go_on(stopped, parameters=AT_ONCE)

    assert 0 < len(stopped.reasoning) < len(recording.reasoning)
    assert (turn.reasoning, turn.answer) == (recording.reasoning, recording.answer)


# Where they are read from.


def test_importing_replay_needs_no_heavy_library() -> None:
    script = (
        "import sys; before = set(sys.modules); import qwq_magic.demo.replay\n"
        "heavy = {'httpx', 'IPython', 'markdown_it', 'anywidget', 'importlib.resources'}\n"
        "print(sorted(heavy & (set(sys.modules) - before)))"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", f"import sys; sys.path[:0] = {sys.path!r}\n{script}"],
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.strip() == "[]"


def test_recordings_are_read_from_a_zip(tmp_path: Path) -> None:
    archive = tmp_path / "package.zip"
    with zipfile.ZipFile(archive, "w") as bundle:
        for path in (ROOT / "qwq_magic").rglob("*"):
            if path.suffix in {".py", ".md"}:
                bundle.write(path, path.relative_to(ROOT))
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            f"import sys; sys.path.insert(0, {str(archive)!r})\n"
            "from qwq_magic.demo import recordings\n"
            "print(recordings.__file__); print(len(recordings.recordings()))",
        ],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )

    file, count = done.stdout.split()
    assert file.startswith(str(archive))
    assert int(count) == len(recordings())


# The notebook that shows them.


def example_sources() -> list[str]:
    notebook = json.loads((ROOT / "examples.ipynb").read_text(encoding="utf-8"))
    return ["".join(c["source"]) for c in notebook["cells"] if c["cell_type"] == "code"]


def example_prompts() -> list[str]:
    prompts = []
    for source in example_sources():
        # The text of a fork takes the place of a step, and is not a prompt.
        if "--dry-run" in source or "--from" in source:
            continue
        if source.startswith("%%qwq"):
            prompts.append(source.partition("\n")[2])
        elif source.startswith("%qwq "):
            prompts.append(source.removeprefix("%qwq "))
        prompts += re.findall(r"\.(?:ask|ask_async|stream)\(\s*\"(.+?)\"\s*[,)]", source)
    return prompts


def test_every_prompt_of_the_examples_has_a_recording() -> None:
    prompts = example_prompts()

    assert len(prompts) >= 12
    for index, prompt in enumerate(prompts):
        find_recording(ask(prompt, earlier=tuple(prompts[:index])))


def test_the_examples_choose_the_demo_even_where_a_key_is_set() -> None:
    assert 'QwqMagics.server = "demo"' in example_sources()[0]
