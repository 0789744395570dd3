"""What others rely on: the public names, and what a wheel brings along."""

import inspect
import subprocess
import sys
import zipfile
from importlib import metadata
from pathlib import Path

import pytest

import qwq_magic
from qwq_magic import Session, Turn
from qwq_magic.advisors import __all__ as advisors
from qwq_magic.memory import ConversationMemory
from qwq_magic.reasoning import __all__ as reasoning

ROOT = Path(__file__).parent.parent


def _public(cls: type) -> set[str]:
    return {name for name in dir(cls) if not name.startswith("_")}


def test_the_public_names_are_these() -> None:
    assert sorted(qwq_magic.__all__) == [
        "Batch",
        "Budget",
        "ChatWidget",
        "Limits",
        "Prefix",
        "QwqError",
        "Session",
        "Turn",
        "__version__",
        "load_ipython_extension",
        "load_turns",
        "notebook_session",
    ]
    assert sorted(advisors) == [
        "Advisor",
        "CallNext",
        "Chain",
        "Events",
        "LoggingAdvisor",
        "MemoryAdvisor",
        "ModelRulesAdvisor",
        "ThinkTags",
    ]


def test_the_analysis_offers_these() -> None:
    assert sorted(reasoning) == [
        "Agreement",
        "AnswerPart",
        "Candidate",
        "Check",
        "Comparison",
        "FirstSeen",
        "Group",
        "Guess",
        "Inspection",
        "Judgement",
        "Kind",
        "LABEL_COLUMNS",
        "Labels",
        "Loop",
        "LoopDetector",
        "METRIC_COLUMNS",
        "MetricPair",
        "Metrics",
        "PAIR_COLUMNS",
        "PairAgreement",
        "Parting",
        "Piece",
        "STEP_COLUMNS",
        "Step",
        "StepLabel",
        "StepPair",
        "StepReader",
        "StepSegmenter",
        "Steps",
        "candidates_of",
        "checks_of",
        "classify",
        "compare",
        "export_metrics",
        "export_steps",
        "first_seen",
        "guess",
        "judged",
        "load_labels",
        "loops_of",
        "measure",
        "metrics_frame",
        "steps_frame",
        "steps_of",
    ]


def test_a_session_can_do_this() -> None:
    assert _public(Session) == {
        "answer_now",
        "answer_now_async",
        "ask",
        "ask_async",
        "fork",
        "fork_async",
        "go_on",
        "go_on_async",
        "importance",
        "importance_async",
        "importance_cost",
        "map",
        "map_async",
        "map_stream",
        "memory",
        "memory_of",
        "preview",
        "preview_act",
        "probe",
        "probe_async",
        "probe_cost",
        "recall",
        "sample",
        "sample_async",
        "start",
        "start_act",
        "start_map",
        "start_sample",
        "stream",
        "think_on",
        "think_on_async",
    }
    assert list(inspect.signature(Session).parameters)[:2] == ["server", "model"]


def test_a_turn_knows_this() -> None:
    assert _public(Turn) == {
        "candidates",
        "cost",
        "logprobs",
        "final_value",
        "answer",
        "arrivals",
        "cell_id",
        "code",
        "compare",
        "complete",
        "conversation",
        "ending",
        "error",
        "finish_reason",
        "from_dict",
        "given",
        "id",
        "inspect",
        "messages",
        "metrics",
        "model",
        "notices",
        "parameters",
        "parent",
        "plot",
        "prefix",
        "prompt",
        "reasoning",
        "server",
        "signature",
        "started_at",
        "state",
        "steps",
        "stopped_by",
        "timing",
        "to_dict",
        "usage",
    }


def test_a_conversation_can_do_this() -> None:
    assert _public(ConversationMemory) == {
        "attempts",
        "clear",
        "commit",
        "commit_samples",
        "contents",
        "context",
        "drop",
        "entries",
        "fork",
        "hide",
        "load",
        "place_of",
        "put_contents",
        "save",
        "turns",
        "undo",
        "undoes",
        "unhide",
        "window",
    }


def test_the_version_is_said_once() -> None:
    assert metadata.version("qwq-magic") == qwq_magic.__version__


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    if not (ROOT / "pyproject.toml").exists():
        pytest.skip("the source is not here")
    target = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", str(ROOT)]
    subprocess.run([*command, "--wheel-dir", str(target)], check=True, timeout=300)
    [path] = target.glob("*.whl")
    return zipfile.ZipFile(path).namelist()


def test_a_wheel_brings_the_renderer_with_its_modules(wheel: list[str]) -> None:
    renderer = {name.partition("/data/share/jupyter/labextensions/qwq-magic/")[2] for name in wheel}

    assert {"package.json", "static/remote.js", "static/view/turn_view.js"} <= renderer


def test_a_wheel_brings_types_recordings_and_the_view(wheel: list[str]) -> None:
    assert "qwq_magic/py.typed" in wheel
    assert "qwq_magic/demo/recordings/01-decimals.md" in wheel
    assert "qwq_magic/display/static/turn_view.css" in wheel
