"""Settings in a real kernel: which layer wins, and what is said about a wrong value."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from kernel import Kernel
from server import ScriptedServer, chat

from qwq_magic.magics.qwq import QwqMagics
from qwq_magic.settings.environment import variable_of

KEY = "sk-4c1d9e7a02f85b36qrst"


def project(folder: Path, text: str) -> None:
    (folder / "pyproject.toml").write_text(f"[tool.qwq_magic]\n{text}\n", encoding="utf-8")


def asked(server: ScriptedServer) -> tuple[str, str | None]:
    """Which model the last request was for, and the key it came with."""
    request = server.requests[-1]
    return request.json["model"], request.headers.get("authorization")


def test_what_is_set_goes_before_variables_and_these_before_the_project(tmp_path: Path) -> None:
    project(tmp_path, "model = 'of-project'\nshow = 'reasoning'\nconversation = 'ours'")
    with (
        ScriptedServer(chat(answer="ok")) as server,
        Kernel(QWQ_BASE_URL=server.url, QWQ_MODEL="of-variable", QWQ_SHOW="answer") as kernel,
    ):
        kernel.run(f"%cd -q {tmp_path}\n%load_ext qwq_magic")
        values = "[(m := get_ipython().magics_manager.registry['QwqMagics']).show, m.conversation]"

        assert kernel.value(values) == "['answer', 'ours']"
        kernel.run("%qwq hi")
        assert asked(server)[0] == "of-variable"
        # Its default, and all the same a choice.
        kernel.run("%config QwqMagics.show = 'both'\n%config QwqMagics.model = 'of-code'")
        kernel.run("%qwq hi")
        assert kernel.value(values) == "['both', 'ours']"
        assert asked(server)[0] == "of-code"
        kernel.run("%config QwqMagics.model = ''")
        kernel.run("%qwq hi")
        assert asked(server)[0] == "of-variable"


def test_a_notebook_stays_in_its_project_when_cells_change_to_another_folder(
    tmp_path: Path,
) -> None:
    sub = tmp_path / "sub"
    sub.mkdir()
    with ScriptedServer(chat(answer="ok")) as server, Kernel() as kernel:
        project(tmp_path, f"base_url = '{server.url}'\nmodel = 'of-project'")
        project(sub, f"base_url = '{server.url}'\nmodel = 'of-another'")
        kernel.run(f"%cd -q {tmp_path}\n%load_ext qwq_magic")
        kernel.run("%config QwqMagics.store = 'notes.db'\n%cd -q sub")

        done = kernel.run("%qwq hi")

    assert done.text("stderr") == ""
    assert asked(server)[0] == "of-project"
    # The kernel was killed, so it could not remove the log of the store.
    assert {path.name for path in tmp_path.iterdir()} - {"notes.db-wal", "notes.db-shm"} == {
        "notes.db",
        "pyproject.toml",
        "sub",
    }
    assert [path.name for path in sub.iterdir()] == ["pyproject.toml"]


def test_a_projects_address_is_told_once_and_gets_no_key(tmp_path: Path) -> None:
    keys = dict.fromkeys(("QWQ_API_KEY", "VLLM_API_KEY", "DASHSCOPE_API_KEY"), KEY)
    with (
        ScriptedServer(chat(answer="ok")) as server,
        # What goes to another machine comes to the server as well.
        Kernel(http_proxy=server.origin, no_proxy="", **keys) as kernel,
    ):
        kernel.run(f"%cd -q {tmp_path}\n%load_ext qwq_magic")
        project(tmp_path, f"base_url = '{server.url}'\nserver = 'vllm'\nmodel = 'm'")

        kernel.run("%qwq hi")

        assert asked(server) == ("m", None)
        project(tmp_path, "base_url = 'http://models.example.com:9/v1'\nmodel = 'm'")
        told = [kernel.run("%qwq hi").text("stderr") for _ in range(2)]
        assert server.requests[-1].path.startswith("http://models.example.com:9/v1/")
        assert asked(server) == ("m", None)
    assert told[0].startswith(
        "Prompts are sent to models.example.com:9, set by [tool.qwq_magic] in "
    )
    assert told[1] == ""


def test_no_key_is_asked_for_on_behalf_of_a_project(tmp_path: Path) -> None:
    evil = "https://dashscope.aliyuncs.com.evil.example/v1"
    project(tmp_path, f"base_url = '{evil}'\nserver = 'vllm'\nmodel = 'm'")
    with Kernel() as kernel:
        kernel.run(f"%cd -q {tmp_path}\n%load_ext qwq_magic")

        done = kernel.run("%qwq_login")
        named = kernel.send("%qwq_login vllm")
        question = kernel.type_secret(KEY)
        kernel.collect(named)

    assert "dashscope.aliyuncs.com.evil.example is set only by [tool.qwq_magic]" in done.text(
        "stderr"
    )
    assert "confirm the address first" in done.text("stderr")
    assert question["prompt"] == "Key for vllm (127.0.0.1:8000): "


def test_a_key_of_a_configuration_is_not_bound_to_a_projects_address(tmp_path: Path) -> None:
    with ScriptedServer(chat(answer="ok")) as server, Kernel() as kernel:
        project(tmp_path, f"base_url = '{server.url}'\nmodel = 'm'")
        kernel.run(f"%cd -q {tmp_path}\n%load_ext qwq_magic")

        kernel.run(f"%config QwqMagics.api_key = '{KEY}'")

        kernel.run("%qwq hi")
        assert asked(server) == ("m", None)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("show = 'all'", "pyproject.toml: Unknown show 'all'. Known: both, reasoning, answer."),
        ("server = 'olama'", "pyproject.toml: Unknown server 'olama'. Did you mean ollama?"),
        (
            f"api_key = '{KEY}'",
            "pyproject.toml sets api_key: a key in a file is shared",
        ),
    ],
)
def test_a_mistake_in_a_project_is_one_line_and_nothing_is_sent(
    tmp_path: Path, line: str, message: str
) -> None:
    with Kernel() as kernel:
        project(tmp_path, line)
        loaded = kernel.run(f"%cd -q {tmp_path}\n%load_ext qwq_magic")

        done = kernel.run("%qwq hi")

    assert loaded.of_type("stream", "error") == []
    assert message in done.text("stderr")
    assert done.text("stderr").count("\n") == 1
    assert done.of_type("display_data", "error") == []
    assert KEY not in done.text("stderr")


def test_every_setting_is_documented_with_its_variable() -> None:
    documented = (Path(__file__).parents[2] / "docs" / "settings.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| `(\w+)` \| `(\w+)` \|", documented, re.MULTILINE))

    names = [name for name, trait in QwqMagics.class_traits(config=True).items()]

    assert rows == {name: variable_of(name) for name in names}


def test_every_setting_explains_itself() -> None:
    with Kernel() as kernel:
        kernel.run("%load_ext qwq_magic")
        code = (
            "[name for name, trait in get_ipython().magics_manager.registry['QwqMagics']"
            ".traits(config=True).items() if not trait.help]"
        )

        listed = kernel.run("%config QwqMagics").text()

        assert kernel.value(code) == "[]"
    for name in ("server", "show", "max_input_tokens", "store"):
        assert f"QwqMagics.{name}=" in listed


def _shown(kernel: Kernel) -> str:
    [result] = kernel.run("%config QwqMagics.base_url").of_type("execute_result")
    text: str = result["data"]["text/plain"]
    return text


ADDRESS = "%config QwqMagics.base_url = 'http://me:pass@127.0.0.1:9/v1'"


def test_a_server_of_a_later_cell_drops_the_address_of_another_one(kernel: Kernel) -> None:
    kernel.run(ADDRESS)
    done = kernel.run("%config QwqMagics.server = 'dashscope'")

    assert done.text("stderr") == (
        "QwqMagics.base_url 127.0.0.1:9/v1 was set for another server and is dropped. To use it "
        "with dashscope, set it again.\n"
    )
    assert _shown(kernel) == "''"
    kernel.run("%config QwqMagics.server = ''")


def test_an_address_and_a_server_of_one_cell_belong_together(kernel: Kernel) -> None:
    done = kernel.run(f"{ADDRESS}\n%config QwqMagics.server = 'ollama'")

    assert done.text("stderr") == ""
    assert ":9/v1" in _shown(kernel)
    kernel.run("%config QwqMagics.server = ''\n%config QwqMagics.base_url = ''")
