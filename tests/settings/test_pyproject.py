"""A project's settings: read from the nearest file, and trusted with no key."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from qwq_magic import Session
from qwq_magic.errors import ConfigurationError
from qwq_magic.keys import ApiKey
from qwq_magic.settings import resolve
from qwq_magic.settings.key_ring import KeyRing
from qwq_magic.settings.layers import CHOICES, Choices, Layer, layer_of
from qwq_magic.settings.presets import SERVERS
from qwq_magic.settings.pyproject import project_layer

KEY = "sk-0123456789abcdef0123456789"
EVIL = "https://evil.example/v1"


def write(folder: Path, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "pyproject.toml"
    path.write_text(text, encoding="utf-8")
    return path


def layer(**values: str) -> Layer:
    return layer_of(values, "[tool.qwq_magic] in /p/pyproject.toml")


def test_the_nearest_file_with_the_section_counts(tmp_path: Path) -> None:
    path = write(tmp_path, "[tool.qwq_magic]\nmodel = 'm'\nidle_timeout_s = 60\nsystem = ''\n")
    write(tmp_path / "a", "[project]\nname = 'other'\n")
    write(tmp_path / "a" / "b", "[tool.ruff]\nline-length = 100 # no qwq_magic here\n")
    deep = tmp_path / "a" / "b" / "c"
    deep.mkdir()

    found = project_layer(deep)

    assert {name: chosen.value for name, chosen in found.items()} == {
        "model": "m",
        "idle_timeout_s": 60,
    }
    assert found["model"].source == f"[tool.qwq_magic] in {path.resolve()}"


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    write(tmp_path, "[tool.qwq_magic]\nmodel = 'm'\n")
    project_layer(tmp_path)

    write(tmp_path, "[tool.qwq_magic]\nmodel = 'another'\n")

    assert project_layer(tmp_path)["model"].value == "another"


def test_a_damaged_file_without_our_section_is_not_our_business(tmp_path: Path) -> None:
    write(tmp_path, "[project\n")

    assert project_layer(tmp_path) == {}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[tool.qwq_magic]\nmodel = \n", "is not valid TOML: "),
        ("[tool]\nqwq_magic = 3\n", "is not a table"),
        ("[tool.qwq_magic]\nsevrer = 'x'\n", "Unknown setting 'sevrer' under [tool.qwq_magic] in"),
        (f"[tool.qwq_magic]\n'{KEY}' = 1\n", "Unknown setting '***'"),
        (
            f"[tool.qwq_magic]\napi_key = '{KEY}'\n",
            "sets api_key: a key in a file is shared",
        ),
        ("[tool.qwq_magic]\nallow_insecure_key = true\n", "that is your decision"),
        ("[tool.qwq_magic]\nautosave = 'chat.jsonl'\n", "autosave is now store"),
        *(
            (f"[tool.qwq_magic]\nstore = {value}\n", "cannot choose which file is written outside")
            for value in (
                "'~/notes.db'",
                "'/tmp/notes.db'",
                "'../notes.db'",
                "'sub/../../notes.db'",
                "'link/notes.db'",
                "'.bashrc'",
                "'notes.db/conftest.py'",
                '"a\\u0000.db"',
                "['notes.db']",
            )
        ),
        ("[tool.qwq_magic]\nx = " + "[" * 5000 + "]" * 5000, "is not valid TOML: "),
        ("[tool.qwq_magic]\nx = '\x00'\n", "is not valid TOML: "),
    ],
)
def test_what_is_wrong_in_it_is_one_line_without_a_key(
    tmp_path: Path, text: str, message: str
) -> None:
    path = write(tmp_path, text)
    (tmp_path / "link").symlink_to(tmp_path.parent)

    with pytest.raises(ConfigurationError) as caught:
        project_layer(tmp_path, (*CHOICES, "store"))

    assert message in str(caught.value)
    assert str(path.resolve()) in str(caught.value)
    assert KEY not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_project_may_keep_a_store_of_its_own(tmp_path: Path) -> None:
    write(tmp_path, "[tool.qwq_magic]\nstore = '../notes.db'\n")
    notebooks = tmp_path / "notebooks"
    notebooks.mkdir()

    assert project_layer(notebooks, ("store",))["store"].value == "../notes.db"


def test_a_wrong_value_names_the_file_and_what_is_allowed() -> None:
    with pytest.raises(ConfigurationError) as caught:
        resolve(Choices(), {}, project=layer(server="olama"))

    assert str(caught.value).startswith("[tool.qwq_magic] in /p/pyproject.toml: Unknown server")
    assert "Known: demo, dashscope" in str(caught.value)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes on this system")
def test_a_pipe_by_that_name_keeps_nobody_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pyproject.toml")

    assert project_layer(tmp_path) == {}


def test_a_project_comes_after_variables_and_before_the_preset() -> None:
    project = layer(server="sglang", model="p", system="be")

    assert resolve(Choices(), {}, project=project).base_url == SERVERS["sglang"].base_url
    assert resolve(Choices(), {"QWQ_MODEL": "v"}, project=project).model == "v"
    of_variable = resolve(Choices(), {"QWQ_SERVER": "ollama"}, project=project)
    assert (of_variable.server, of_variable.model, of_variable.system) == ("ollama", "qwq", "be")
    of_code = resolve(Choices(server="llamacpp"), {"QWQ_SERVER": "ollama"}, project=project)
    assert (of_code.server, of_code.model) == ("llamacpp", "qwq-32b")


@pytest.mark.parametrize(
    ("project", "environ", "is_sent"),
    [
        ({"base_url": EVIL}, {"QWQ_API_KEY": KEY}, False),
        ({"base_url": EVIL}, {"DASHSCOPE_API_KEY": KEY}, False),
        ({"base_url": EVIL, "server": "vllm"}, {"VLLM_API_KEY": KEY}, False),
        ({"base_url": EVIL, "server": "litellm"}, {"LITELLM_MASTER_KEY": KEY}, False),
        ({"base_url": EVIL, "server": "custom"}, {"QWQ_API_KEY": KEY}, False),
        ({"base_url": EVIL, "server": "dashscope"}, {"DASHSCOPE_API_KEY": KEY}, False),
        ({"base_url": EVIL}, {"QWQ_API_KEY": KEY, "QWQ_MODEL": "m"}, False),
        ({"base_url": "http://127.0.0.1:6666/v1", "server": "vllm"}, {"VLLM_API_KEY": KEY}, False),
        ({"server": "vllm"}, {"QWQ_API_KEY": KEY}, False),
        ({"server": "vllm"}, {"VLLM_API_KEY": KEY}, True),
        ({"server": "groq"}, {"GROQ_API_KEY": KEY}, True),
        ({"base_url": "https://api.groq.com/openai/v1"}, {"GROQ_API_KEY": KEY}, True),
        ({"base_url": "https://api.groq.com.evil.example/v1"}, {"GROQ_API_KEY": KEY}, False),
        # The user has named the host as well, so it is the user who chose it.
        ({"base_url": EVIL}, {"QWQ_API_KEY": KEY, "QWQ_BASE_URL": EVIL}, True),
    ],
)
def test_a_project_gets_no_key_that_was_not_set_for_the_host_it_names(
    project: dict[str, str], environ: dict[str, str], is_sent: bool
) -> None:
    settings = resolve(Choices(model="m"), environ, project=layer(**project))

    assert (settings.api_key is not None) == is_sent


def test_a_key_given_by_hand_for_that_host_goes_there_and_another_does_not() -> None:
    keys = KeyRing()
    keys.put(ApiKey(KEY, source="x"), server=SERVERS["custom"], base_url="https://llm.example/v1")
    choices = Choices(model="m")

    known = resolve(choices, {}, keys, project=layer(base_url="https://llm.example/v1"))
    foreign = resolve(choices, {}, keys, project=layer(base_url=EVIL))

    assert (known.api_key is not None, foreign.api_key) == (True, None)


def test_a_key_given_in_code_is_not_sent_to_a_server_that_only_the_project_names() -> None:
    session = Session(model="m", api_key=KEY)
    session.project = layer(base_url=EVIL)

    with pytest.raises(ConfigurationError, match=r"custom was chosen by a pyproject\.toml"):
        session.ask("Hi")
