"""`--template`, `%qwq_fix` and `--code` in a real kernel, in front of a real server."""

from typing import Any

import pytest
from kernel import Kernel
from magics.conftest import AskAt
from server import Reply, ScriptedServer, chat, failure

CODE = "Do this:\n\n```python\nx = 6 * 7\nx\n```\n\nand\n\n```bash\nls\n```\n"


def _prompt(server: ScriptedServer, number: int = -1) -> Any:
    return server.requests[number].json["messages"][-1]["content"]


def test_a_template_is_expanded_from_the_notebooks_variables(kernel: Kernel, ask_at: AskAt) -> None:
    kernel.run("n = 3\ndef f(v):\n    return v + n\nf(1)", cell_id="f")
    number = kernel.value("len(Out) and max(Out)")
    with ScriptedServer(chat(answer="ok")) as server:
        ask_at(server)

        kernel.run(
            "%%qwq --fresh -t\n{{ n * 2 }} $x^{n}$ {%\n{{ f }}\n"
            f"{{{{ Out[{number}] }}}} {{{{ In[{number}].splitlines()[0] }}}}"
        )

        assert _prompt(server) == "6 $x^{n}$ {%\ndef f(v):\n    return v + n\n4 n = 3"


def test_an_unknown_name_in_a_template_is_one_line_and_nothing_is_sent(
    kernel: Kernel, ask_at: AskAt
) -> None:
    with ScriptedServer() as server:
        ask_at(server)

        done = kernel.run("%%qwq -t\nhi {{ nobody }}")

        assert server.requests == []
    assert "The template uses 'nobody', which is not defined." in done.text("stderr")
    assert done.text("stderr").count("\n") == 1


def test_an_expanded_prompt_with_a_key_is_not_sent() -> None:
    with Kernel(QWQ_API_KEY="sk-4f9d2c7ab1e84e0d9c35") as kernel, ScriptedServer() as server:
        kernel.run("%load_ext qwq_magic\nimport os")
        kernel.point_at(server.url)

        done = kernel.run("%%qwq -t\n{{ os.environ['QWQ_API_KEY'] }}")

        assert server.requests == []
    assert "The prompt contains the key from QWQ_API_KEY" in done.text("stderr")


def test_a_template_brings_jinja_and_nothing_else_does() -> None:
    with Kernel() as kernel:
        kernel.run("%load_ext qwq_magic\n%qwq Which is larger, 9.11 or 9.9?")
        before = kernel.value("'jinja2' in __import__('sys').modules")
        kernel.run("%qwq -t {{ 1 }}")

        assert (before, kernel.value("'jinja2' in __import__('sys').modules")) == ("False", "True")


def test_fix_asks_about_the_last_failure_in_another_cell(kernel: Kernel, ask_at: AskAt) -> None:
    kernel.run("def half(n):\n    return 1 / n", cell_id="a")
    failed = kernel.run("half(0)", cell_id="b")
    kernel.run("1 + 1", cell_id="c")
    kernel.run("%qwq --nope", cell_id="d")
    with ScriptedServer(chat(answer="Do not.")) as server:
        ask_at(server)

        done = kernel.run("%qwq_fix --fresh -o fixed Is it the zero?", cell_id="e")

        prompt = _prompt(server)
    assert failed.reply["ename"] == "ZeroDivisionError"
    assert "failed with ZeroDivisionError" in prompt
    assert "```python\nhalf(0)\n```" in prompt
    assert "```python\ndef half(n):\n    return 1 / n\n```" in prompt
    assert f'File "In[{failed.reply["execution_count"]}]", line 1, in <module>' in prompt
    assert "site-packages" not in prompt
    assert prompt.endswith("Is it the zero?")
    assert (done.turn["state"], kernel.value("fixed.answer")) == ("complete", "'Do not.'")


def test_fix_can_be_looked_at_before_it_is_sent(kernel: Kernel, ask_at: AskAt) -> None:
    kernel.run("[][0]")
    with ScriptedServer() as server:
        ask_at(server)

        done = kernel.run("%qwq_fix --dry-run")

        assert server.requests == []
    assert "IndexError: list index out of range" in done.final["text/plain"]


def test_fix_asks_about_a_syntax_error(kernel: Kernel, ask_at: AskAt) -> None:
    failed = kernel.run("x = = 1")
    with ScriptedServer(chat(answer="ok")) as server:
        ask_at(server)

        kernel.run("%qwq_fix --fresh")

        prompt = _prompt(server)
    assert f'File "In[{failed.reply["execution_count"]}]", line 1' in prompt
    assert "```python\nx = = 1\n```" in prompt


def test_fix_finds_what_failed_before_the_extension_was_loaded() -> None:
    with Kernel() as kernel, ScriptedServer(chat(answer="ok")) as server:
        kernel.run("1 / 0")
        kernel.run("%load_ext qwq_magic")
        kernel.point_at(server.url)

        kernel.run("%qwq_fix")

        assert "```python\n1 / 0\n```" in _prompt(server)


def test_fix_without_a_failure_is_one_line() -> None:
    with Kernel() as kernel:
        kernel.run("%load_ext qwq_magic")
        kernel.run("%qwq --nope")

        done = kernel.run("%qwq_fix")

    assert "No cell has failed in this kernel yet." in done.text("stderr")
    assert done.text("stderr").count("\n") == 1


def test_fix_sends_no_key(kernel: Kernel, ask_at: AskAt) -> None:
    kernel.run("api_key = 'sk-4f9d2c7ab1e84e0d9c35'\n1 / 0")
    with ScriptedServer(chat(answer="ok")) as server:
        ask_at(server)

        kernel.run("%qwq_fix --fresh")

        assert "4f9d2c7ab1e84e0d9c35" not in server.requests[0].body.decode()


def test_code_goes_into_the_next_cell_and_does_not_run(kernel: Kernel, ask_at: AskAt) -> None:
    kernel.run("x = 1")
    with ScriptedServer(chat(answer=CODE)) as server:
        ask_at(server)

        done = kernel.run("%%qwq -c code --code\nhi")

    [payload] = done.reply["payload"]
    assert (payload["source"], payload["text"]) == ("set_next_input", "x = 6 * 7\nx")
    assert payload["replace"] is False
    assert kernel.value("x") == "1"


@pytest.mark.parametrize(
    ("reply", "cell_id", "line"),
    [
        (chat(answer="No."), "a", "The answer contains no code for the next cell.\n"),
        (chat(answer="```bash\nls\n```"), "a", "The code in the answer is bash, not Python"),
        (chat(answer=CODE), None, "This front end has no next cell. The code is in _qwq.code.\n"),
        (failure(401, {"error": {"message": "no"}}), "a", ""),
    ],
)
def test_where_no_code_can_be_given_a_line_says_so(
    kernel: Kernel, ask_at: AskAt, reply: Reply, cell_id: str | None, line: str
) -> None:
    with ScriptedServer(reply) as server:
        ask_at(server)

        done = kernel.run("%qwq -c code --code hi", cell_id=cell_id, allow_stdin=cell_id == "a")

    assert done.reply["payload"] == []
    assert done.text().startswith(line)
    assert bool(done.text()) == bool(line)


def test_a_block_runs_in_the_notebook_when_it_is_told_to(kernel: Kernel, ask_at: AskAt) -> None:
    with ScriptedServer(chat(answer=CODE)) as server:
        ask_at(server)
        kernel.run("%qwq -c code -o coded hi")

    [value] = kernel.run("coded.code[0].run()").of_type("execute_result")
    refused = kernel.run("coded.code[1].run()")

    assert (value["data"]["text/plain"], kernel.value("x")) == ("42", "42")
    assert refused.reply["evalue"].startswith(
        "The block is bash, but only Python blocks can be run."
    )


def test_what_a_block_raises_reaches_the_cell_once(kernel: Kernel) -> None:
    kernel.run("from qwq_magic.turns.code_blocks import CodeBlock")

    done = kernel.run("CodeBlock('here = %pwd\\n1 / x0').run()\nprint('after')")

    assert kernel.value("len(here) > 0") == "True"
    assert done.reply["ename"] == "NameError"
    assert len(done.of_type("error")) == 1
    assert "after" not in done.text()


def test_a_cell_that_runs_cells_still_counts_its_own_asks(kernel: Kernel, ask_at: AskAt) -> None:
    with ScriptedServer(chat(answer="one")) as server:
        ask_at(server)

        done = kernel.run("%qwq -c nested a\nget_ipython().run_cell('1')\n%qwq -c nested b")

    assert done.turn["number"] == 2


def test_a_dry_run_shows_the_messages_and_changes_nothing(kernel: Kernel, ask_at: AskAt) -> None:
    with ScriptedServer(chat(answer="one")) as server:
        ask_at(server)
        kernel.run("%%qwq -c dry\nfirst", cell_id="first")

        done = kernel.run(
            "%%qwq -c dry --dry-run -t --system 'Be {brief}.' -p max_tokens=9\n{{ 1 + 1 }} <b>",
            cell_id="second",
        )

        assert len(server.requests) == 1
    plain = done.final["text/plain"]
    assert "Dry run: nothing was sent. ≈ " in plain
    assert f"qwq-32b · 127.0.0.1:{server.port} · {server.url}/chat/completions" in plain
    assert "── system · ≈ 3 tokens\nBe {brief}." in plain
    assert "── user · ≈ 1 token\nfirst" in plain
    assert "── assistant · ≈ 1 token\none" in plain
    assert plain.endswith("2 <b>")
    assert '"max_tokens": 9' in plain
    assert list(done.final) == ["text/markdown", "text/plain"]
    code = "len(__import__('qwq_magic').notebook_session().memory_of('dry'))"
    assert kernel.value(code) == "1"


def test_a_dry_run_of_a_cell_that_asked_leaves_its_turn_in_the_cell(
    kernel: Kernel, ask_at: AskAt
) -> None:
    with ScriptedServer(chat(answer="one")) as server:
        ask_at(server)
        kernel.run("%%qwq -c again\nfirst", cell_id="a")
        kernel.run("%%qwq -c again\nsecond", cell_id="b")

        done = kernel.run("%%qwq -c again --dry-run\nsecond, changed", cell_id="b")

    assert "── user · ≈ 4 tokens\nsecond, changed" in done.final["text/plain"]
    assert "second\n" not in done.final["text/plain"]
    assert "not in a cell" not in kernel.run("%qwq_memory -c again").final["text/plain"]


def test_a_dry_run_that_cannot_be_is_one_line(kernel: Kernel) -> None:
    done = kernel.run("%qwq -s dashscope -m qwq-plus --dry-run hi")

    assert "No key for dashscope" in done.text("stderr")
    assert done.text("stderr").count("\n") == 1


def test_what_a_template_quotes_of_a_variable_is_no_key(kernel: Kernel) -> None:
    kernel.run("secret = 'sk-4f9d2c7ab1e84e0d9c35'")

    for expression in ("{{ {}[secret] }}", "{{ int(secret) }}", "{{ secret + }}"):
        said = kernel.run(f"%qwq -t {expression}").text("stderr")

        assert said.startswith("UsageError: The template ")
        assert said.count("\n") == 1
        assert "4f9d2c7a" not in said


def test_fix_does_not_ask_about_an_interrupt(kernel: Kernel, ask_at: AskAt) -> None:
    kernel.run("[][0]")
    kernel.run("raise KeyboardInterrupt")
    with ScriptedServer(chat(answer="ok")) as server:
        ask_at(server)

        kernel.run("%qwq_fix --fresh")

        assert "failed with IndexError" in _prompt(server)
