"""Keys in a real kernel: typed unseen, kept in memory, sent to one host, shown nowhere."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from clean_environment import clean_environment
from kernel import Execution, Kernel
from server import ScriptedServer, chat
from shell import PROMPT, open_shell, piped_ipython, run_in

KEY = "sk-4c1d9e7a02f85b36qrst"
OTHER = "sk-f3a91c07b2e84d6590uv"


@pytest.fixture(scope="module")
def kernel() -> Iterator[Kernel]:
    with Kernel(GROQ_API_KEY=OTHER) as kernel:
        kernel.run("%load_ext qwq_magic")
        yield kernel


@pytest.fixture
def server(kernel: Kernel) -> Iterator[ScriptedServer]:
    with ScriptedServer(chat(answer="ok")) as server:
        kernel.point_at(server.url)
        yield server
        kernel.run("%qwq_login --forget")
        kernel.point_at("", "")


def log_in(kernel: Kernel, key: str = KEY, line: str = "%qwq_login") -> Execution:
    asked = kernel.send(line)
    kernel.type_secret(key)
    return kernel.collect(asked)


def key_sent(server: ScriptedServer) -> str | None:
    return server.requests[-1].headers.get("authorization")


def test_a_typed_key_is_sent_to_the_server_it_was_typed_for(
    kernel: Kernel, server: ScriptedServer
) -> None:
    done = log_in(kernel)

    kernel.run("%qwq --fresh hi")
    assert key_sent(server) == f"Bearer {KEY}"
    host = server.origin.removeprefix("http://")
    assert done.text().startswith(f"The key for {host} is kept until the kernel stops")
    assert "QWQ_API_KEY" in done.text()
    assert KEY not in json.dumps(done.messages, default=str)


def test_a_key_may_be_pasted_with_its_quotes(kernel: Kernel, server: ScriptedServer) -> None:
    log_in(kernel, f' "{KEY}"')

    kernel.run("%qwq --fresh hi")
    assert key_sent(server) == f"Bearer {KEY}"


def test_a_key_typed_for_one_server_is_not_sent_to_another(
    kernel: Kernel, server: ScriptedServer
) -> None:
    log_in(kernel)
    with ScriptedServer(chat(answer="ok")) as another:
        kernel.run(f"%config QwqMagics.base_url = {another.url!r}")

        kernel.run("%qwq --fresh hi")

        assert key_sent(another) is None
    kernel.run(f"%config QwqMagics.base_url = {server.url!r}")


def test_a_forgotten_key_is_sent_no_more(kernel: Kernel, server: ScriptedServer) -> None:
    log_in(kernel)

    done = kernel.run("%qwq_login --forget")

    kernel.run("%qwq --fresh hi")
    assert "Forgot the key for " in done.text()
    assert key_sent(server) is None
    assert "There is no key for " in kernel.run("%qwq_login --forget").text()


def test_a_key_for_a_named_server_says_which_variable_it_stands_in_for(kernel: Kernel) -> None:
    done = log_in(kernel, line="%qwq_login groq")

    assert "The key for groq (api.groq.com) is kept" in done.text()
    assert "instead of the one from GROQ_API_KEY" in done.text()
    assert "the one from GROQ_API_KEY is used" in kernel.run("%qwq_login --forget groq").text()


def test_without_a_server_a_newcomer_logs_in_to_dashscope(kernel: Kernel) -> None:
    done = log_in(kernel)

    assert "dashscope (dashscope.aliyuncs.com)" in done.text()
    assert kernel.value(
        "(s := __import__('qwq_magic').notebook_session()).keys.last_server"
    ) == repr("dashscope")
    kernel.run("%qwq_login --forget")


@pytest.mark.parametrize(
    ("line", "typed", "message"),
    [
        ("%qwq_login", "", "No key was entered; nothing has changed."),
        ("%qwq_login", "sk two words", "The key is not valid"),
        ("%qwq_login", "sk-ключ", "The key is not valid"),
        (f"%qwq_login {KEY}", None, "accepts one server name, and then prompts for the key"),
        ("%qwq_login demo", None, "The demo needs no key"),
        ("%qwq_login custom", None, "has no address"),
        ("%qwq_login groq deepseek", None, "accepts one server name"),
    ],
)
def test_what_is_no_login_is_one_line(
    kernel: Kernel, line: str, typed: str | None, message: str
) -> None:
    done = kernel.run(line) if typed is None else log_in(kernel, typed, line)

    shown = done.text("stderr")
    assert message in shown.splitlines()[0]
    assert KEY not in shown
    assert "Traceback" not in shown
    assert done.reply["status"] != "ok" or done.of_type("error") == []


def test_where_nothing_can_be_typed_the_variables_are_named(kernel: Kernel) -> None:
    done = kernel.run("%qwq_login deepseek", allow_stdin=False)

    assert done.text("stderr") == (
        "UsageError: This front end cannot prompt for a key. "
        "Set DEEPSEEK_API_KEY in the environment instead.\n"
    )


def test_an_interrupted_login_changes_nothing(kernel: Kernel) -> None:
    asked = kernel.send("%qwq_login groq")
    kernel.client.get_stdin_msg(timeout=60)

    kernel.interrupt()

    assert "nothing has changed" in kernel.collect(asked).text("stderr")


def test_tab_completes_servers_after_login(kernel: Kernel) -> None:
    reply = kernel.client.complete("%qwq_login dee", 14, reply=True, timeout=30)

    assert reply["content"]["matches"] == ["deepseek"]


def test_a_key_set_in_a_cell_works_and_is_warned_about(
    kernel: Kernel, server: ScriptedServer
) -> None:
    done = kernel.run(f"%config QwqMagics.api_key = {KEY!r}")

    kernel.run("%qwq --fresh hi")
    assert key_sent(server) == f"Bearer {KEY}"
    assert done.text("stderr").count("\n") == 1
    assert "This cell contains the key from QwqMagics.api_key" in done.text("stderr")
    assert "%qwq_login" in done.text("stderr")
    assert KEY not in done.text("stderr")


def test_no_listing_shows_a_key_of_the_configuration(
    kernel: Kernel, server: ScriptedServer
) -> None:
    for _ in range(2):
        kernel.run(f"%config QwqMagics.api_key = {KEY!r}")

    shown = [
        kernel.run(code)
        for code in (
            "%config QwqMagics",
            "%config",
            "%config QwqMagics.api_key",
            "get_ipython().config",
            "from qwq_magic import notebook_session\nvars(notebook_session())",
            "vars(notebook_session().keys), [*notebook_session().keys]",
            "m = get_ipython().magics_manager.registry['QwqMagics']\nm.trait_values(), m.config",
            "%config QwqMagics.api_key = 5",
            "%config QwqMagics.api_key = ['x' * 9]",
        )
    ]

    told = json.dumps([execution.messages for execution in shown], default=str)
    assert "api_key" in told
    assert KEY not in told
    assert KEY[-8:] not in told
    assert "'xxxxxxxxx'" not in "".join(execution.text() for execution in shown)


@pytest.mark.parametrize(
    "code",
    [
        f"import os\nos.environ['DEEPSEEK_API_KEY'] = '{KEY}'",
        f"%env MOONSHOT_API_KEY={KEY}\nimport qwq_magic",
        f"from qwq_magic import Session\nSession(api_key='{KEY}')",
        f"import qwq_magic; key = '{KEY}'",
        f"openai_key = '{OTHER}'",
    ],
)
def test_a_key_typed_into_a_cell_is_warned_about(kernel: Kernel, code: str) -> None:
    done = kernel.run(code)

    warning = done.text("stderr")
    assert warning.count("\n") == 1
    assert "Anyone who gets this notebook gets the key" in warning
    assert not re.search("sk-", warning)
    kernel.run("os.environ.pop('DEEPSEEK_API_KEY', None)")


def test_a_session_of_ours_is_known_by_any_name(kernel: Kernel) -> None:
    kernel.run("from qwq_magic import Session as Asking")

    assert "seems to contain a key" in kernel.run(f"Asking(api_key='{KEY}')").text("stderr")


@pytest.mark.parametrize(
    "code",
    [
        f"someone_else = '{KEY}'",
        f"class Session:\n    def __init__(self, **_): pass\nSession(api_key='{KEY}')",
        "from qwq_magic import Session\nSession(api_key='EMPTY')",
        "import os\nkey = os.environ.get('DASHSCOPE_API_KEY')",
        "1 + 1",
        "",
    ],
)
def test_a_cell_without_a_key_of_ours_is_left_alone(kernel: Kernel, code: str) -> None:
    assert kernel.run(code).of_type("stream") == []


def test_a_prompt_with_a_key_in_use_is_not_sent(kernel: Kernel, server: ScriptedServer) -> None:
    log_in(kernel)

    done = kernel.run(f"%%qwq\nIs {KEY} a good key?")

    assert server.requests == []
    assert "The prompt contains the key from %qwq_login, so it was not sent." in done.text("stderr")
    assert KEY not in json.dumps(
        [m["content"] for m in done.messages if "code" not in m["content"]]
    )


def at_home(folder: Path, **environ: str) -> dict[str, str]:
    """The environment of someone whose IPython files are here."""
    return clean_environment(IPYTHONDIR=str(folder), NO_COLOR="1", **environ)


def test_a_key_of_a_configuration_file_goes_to_the_server_beside_it(tmp_path: Path) -> None:
    with ScriptedServer(chat(answer="ok")) as server:
        profile = tmp_path / "profile_default"
        profile.mkdir()
        (profile / "ipython_config.py").write_text(
            "c = get_config()\n"
            f"c.QwqMagics.api_key = {KEY!r}\n"
            f"c.QwqMagics.base_url = {server.url!r}\n"
            "c.QwqMagics.model = 'm'\n"
        )
        code = "%load_ext qwq_magic\n%qwq hi\nprint(get_ipython().config, get_ipython().parent)"

        done = piped_ipython(code, at_home(tmp_path))

        assert key_sent(server) == f"Bearer {KEY}"
    assert "ok" in done.stdout
    assert "'api_key': ***" in done.stdout
    assert KEY not in done.stdout + done.stderr


def test_a_pipe_is_told_the_variables(tmp_path: Path) -> None:
    done = piped_ipython("%load_ext qwq_magic\n%qwq_login groq", at_home(tmp_path))

    assert "Set GROQ_API_KEY in the environment instead." in done.stdout + done.stderr


def test_a_terminal_reads_a_key_unseen(tmp_path: Path) -> None:
    options = ("--no-banner", "--simple-prompt", "--colors=NoColor")
    with open_shell("IPython", *options, environ=at_home(tmp_path, TERM="xterm")) as shell:
        shell.expect(PROMPT)
        run_in(shell, "%load_ext qwq_magic")
        shell.sendline("%qwq_login deepseek")
        shell.expect_exact("Key for deepseek (api.deepseek.com): ")

        shown = run_in(shell, KEY)

    assert "is kept until the kernel stops" in shown
    assert KEY not in shown
