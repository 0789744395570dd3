from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
import zipfile
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any, cast

import pytest

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
from qwq_magic.turns import ChatRequest, Message
from qwq_magic.turns.chat_model import ChatModel

ROOT = Path(__file__).parents[2]
BY_ID = {recording.id: recording for recording in recordings()}
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


def test_no_plan_crosses_the_bridge_in_less_than_17_minutes() -> None:
    everybody = frozenset({1, 2, 5, 10})
    best = {(everybody, True): 0}
    open_states = [(everybody, True)]
    while open_states:
        near, torch_is_near = state = open_states.pop()
        movers = near if torch_is_near else everybody - near
        for pair in ({a, b} for a in movers for b in movers):
            after = (near ^ pair, not torch_is_near)
            minutes = best[state] + max(pair)
            if minutes < best.get(after, 100):
                best[after] = minutes
                open_states.append(after)

    assert best[frozenset(), False] == 17
    assert "**17 minutes.**" in BY_ID["bridge"].answer


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
        UsageReported(recording.usage(input_tokens=sent)),
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
    usage = recording.usage(input_tokens=7)

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
        if "--dry-run" in source:
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
