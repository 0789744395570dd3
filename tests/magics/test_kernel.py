"""`%%qwq` in a real kernel, in front of a real server."""

import threading

import pytest
from kernel import Kernel
from magics.conftest import AskAt, FailingPanel
from server import DONE, Reply, ScriptedServer, Step, chat, delta, failure

DECIMALS = "Which is larger, 9.11 or 9.9?"
HARD_PROMPT = 'Is {x} or {{y}} $z or $$\\frac{1}{2}$$, 50 %, "it\'s", \\n, `a < b & c`, 你好 😊?'


def test_a_cell_streams_into_panes_and_ends_as_one_bundle(kernel: Kernel) -> None:
    done = kernel.run(f"%%qwq -o reply -c first\n{DECIMALS}")

    assert done.reply["status"] == "ok"
    assert list(done.final) == ["application/vnd.qwq.turn.v1+json", "text/markdown", "text/plain"]
    assert (done.turn["state"], done.turn["number"]) == ("complete", 1)
    assert done.deltas() == [done.turn["reasoning"], done.turn["answer"]]
    assert kernel.value("reply is _qwq, reply.complete, reply.answer") == repr(
        (True, True, done.turn["answer"])
    )


def test_no_widget_outlives_its_cell(kernel: Kernel) -> None:
    done = kernel.run(f"%%qwq -c second\n{DECIMALS}")

    opened = {message["comm_id"] for message in done.of_type("comm_open")}
    closed = {message["comm_id"] for message in done.of_type("comm_close")}
    again = kernel.run(f"%%qwq -c second\n{DECIMALS}")
    opened_again = {message["comm_id"] for message in again.of_type("comm_open")}
    closed_again = {message["comm_id"] for message in again.of_type("comm_close")}
    # What the kernel keeps open for all turns is opened once.
    assert opened_again == closed_again
    assert closed <= opened


@pytest.mark.parametrize(
    "code",
    [
        f"%%qwq\n{HARD_PROMPT}",
        f"%qwq {HARD_PROMPT}",
        f"%%qwq {HARD_PROMPT}\n ",
    ],
    ids=["cell", "line", "option line of a cell"],
)
def test_the_prompt_arrives_verbatim(kernel: Kernel, ask_at: AskAt, code: str) -> None:
    with ScriptedServer(chat(answer="ok")) as server:
        ask_at(server)

        kernel.run(code)

        prompt = server.requests[0].json["messages"][-1]["content"]
    assert prompt == HARD_PROMPT


def test_a_system_message_arrives_verbatim(kernel: Kernel, ask_at: AskAt) -> None:
    with ScriptedServer(chat(answer="ok")) as server:
        ask_at(server)

        kernel.run('%%qwq --fresh --system "Use {x} and $x, \\alpha."\nhi')

        assert server.requests[0].json["messages"] == [
            {"role": "system", "content": "Use {x} and $x, \\alpha."},
            {"role": "user", "content": "hi"},
        ]


def test_a_follow_up_knows_and_a_re_run_replaces(kernel: Kernel, ask_at: AskAt) -> None:
    with ScriptedServer(chat(reasoning="secret", answer="one")) as server:
        ask_at(server)
        kernel.run("%%qwq -c memory\nfirst", cell_id="a")
        kernel.run("%%qwq -c memory\nsecond", cell_id="b")

        again = kernel.run("%%qwq -c memory\nfirst, changed", cell_id="a")

        sent = [[m["content"] for m in r.json["messages"]] for r in server.requests]
    assert sent == [["first"], ["first", "one", "second"], ["first, changed"]]
    assert again.turn["number"] == 1


def test_two_asks_in_one_cell_are_two_turns(kernel: Kernel, ask_at: AskAt) -> None:
    with ScriptedServer(chat(answer="one")) as server:
        ask_at(server)
        for _ in range(2):
            done = kernel.run("%qwq -c twice a\n%qwq -c twice b", cell_id="a")

    assert done.turn["number"] == 2


def test_reloading_the_extension_keeps_the_conversation(kernel: Kernel, ask_at: AskAt) -> None:
    with ScriptedServer(chat(answer="one")) as server:
        ask_at(server)
        kernel.run("%%qwq -c reload\nfirst", cell_id="a")
        kernel.run("%reload_ext qwq_magic")
        ask_at(server)

        kernel.run("%%qwq -c reload\nsecond", cell_id="b")

        assert [m["content"] for m in server.requests[1].json["messages"]][:2] == ["first", "one"]


def test_parameters_and_models_reach_the_server(kernel: Kernel, ask_at: AskAt) -> None:
    with ScriptedServer(chat(answer="ok")) as server:
        ask_at(server)

        kernel.run('%%qwq -m other -p max_tokens=9 -p stop=["a"]\nhi')

        body = server.requests[0].json
    assert (body["model"], body["max_tokens"], body["stop"]) == ("other", 9, ["a"])
    assert body["stream"] is True


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("%%qwq\n \n", "The prompt is empty"),
        ("%qwq", "The prompt is empty"),
        ("%%qwq --nope\nhi", "Unknown option --nope"),
        ("%%qwq -s nope\nhi", "Unknown server 'nope'"),
        ("%%qwq -s dashscope\nhi", "No key for dashscope"),
        ("%%qwq --show nothing\nhi", "--show cannot be 'nothing'"),
    ],
)
def test_a_mistake_of_the_user_is_one_line(kernel: Kernel, code: str, message: str) -> None:
    done = kernel.run(code)

    assert done.text("stderr").count("\n") == 1
    assert message in done.text("stderr")
    assert "Traceback" not in done.text("stderr")


def test_a_mistake_of_the_server_is_part_of_the_output(kernel: Kernel, ask_at: AskAt) -> None:
    body = {"error": {"message": "Incorrect API key", "code": "invalid_api_key"}}
    with ScriptedServer(failure(401, body)) as server:
        ask_at(server)

        done = kernel.run("%%qwq -c wrong\nhi")

    assert done.reply["status"] == "ok"
    assert (done.turn["state"], done.turn["error"]["kind"]) == ("error", "auth")
    assert done.of_type("error") == []
    assert kernel.value("_qwq.error.status") == "401"


PHASES: dict[str, list[bytes]] = {
    "connecting": [],
    "reasoning": [delta(reasoning_content="Hm. ")],
    "boundary": [delta(reasoning_content="Hm. "), delta(reasoning_content=None, content="")],
    "answering": [delta(reasoning_content="Hm. "), delta(content="So ")],
}


def test_a_prompt_that_the_demo_does_not_have_is_a_notice_and_no_turn(kernel: Kernel) -> None:
    done = kernel.run("%%qwq -c unrecorded\nWhat is my name?")
    listed = kernel.run("%qwq_memory -c unrecorded list")

    assert (done.turn["state_word"], done.turn["error"], done.turn["number"]) == (
        "Not recorded",
        None,
        None,
    )
    first, *prompts, last = done.turn["notices"]
    assert first.startswith("This is the demo: it replays recordings, and no model is running.")
    assert f"• “{DECIMALS}”" in prompts
    assert last.startswith("To use a real model, set DASHSCOPE_API_KEY or run %config")
    assert "Error:" not in done.final["text/markdown"]
    assert "What is my name?" not in listed.final["text/plain"]


@pytest.mark.parametrize("phase", PHASES)
def test_an_interrupt_stops_the_reply_and_nothing_else(
    kernel: Kernel, ask_at: AskAt, phase: str
) -> None:
    reached, never = threading.Event(), threading.Event()
    steps: list[Step] = [*PHASES[phase], reached.set, never, delta(content="too late"), DONE]
    with ScriptedServer(Reply(steps), chat(answer="next")) as server:
        ask_at(server)
        first = kernel.send(f"%%qwq -c stop-{phase} -o stopped\nhi", cell_id="a")
        queued = kernel.send(f"%%qwq -c stop-{phase} -o after\nand then?", cell_id="b")
        assert reached.wait(30)

        kernel.interrupt()

        done = kernel.collect(first)
        assert server.requests[0].disconnected.wait(10)
        after = kernel.collect(queued)
        never.set()
    assert (done.reply["status"], done.turn["state"]) == ("ok", "stopped")
    assert done.of_type("error") == []
    assert "Stopped" in done.final["text/plain"]
    assert after.turn["answer"] == "next"
    assert kernel.value("stopped.complete, stopped.error") == "(False, None)"


def test_tab_completes_options_and_their_values(kernel: Kernel) -> None:
    def complete(code: str) -> list[str]:
        reply = kernel.client.complete(code, len(code), reply=True, timeout=30)
        matches: list[str] = reply["content"]["matches"]
        return matches

    assert complete("%%qwq --fr") == ["--fresh", "--from"]
    assert complete("%%qwq -o x --au") == ["--auto"]
    assert complete("%%qwq --show ") == ["both", "reasoning", "answer"]
    assert complete("%qwq -s ol") == ["ollama"]
    # The whole word is replaced, also after a colon, where IPython begins another one.
    reply = kernel.client.complete("%qwq --from 1:", 14, reply=True, timeout=30)
    assert reply["content"]["cursor_end"] == 14
    # Neither files nor variables, which no magic of ours accepts.
    kernel.run("listing = 1")
    assert complete("%qwq_memory li") == ["list"]


def test_tab_completes_turns_and_conversations(kernel: Kernel) -> None:
    def complete(code: str) -> list[str]:
        reply = kernel.client.complete(code, len(code), reply=True, timeout=30)
        matches: list[str] = reply["content"]["matches"]
        return matches

    kernel.run(f"%%qwq -c completed\n{DECIMALS}")
    assert complete("%qwq_inspect -c compl") == ["completed"]
    for magic in ("inspect", "probe", "answer", "continue"):
        assert complete(f"%qwq_{magic} -c completed ") == ["1"]


def test_a_misspelt_option_or_server_suggests_the_nearest(kernel: Kernel) -> None:
    option = kernel.run("%%qwq --frsh\nhi").text("stderr")
    server = kernel.run("%%qwq -s olama\nhi").text("stderr")

    assert "Unknown option --frsh. Did you mean --fresh? Options: " in option
    assert "Unknown server 'olama'. Did you mean ollama? Known: " in server


def test_a_question_mark_explains_the_options(kernel: Kernel) -> None:
    for code in ("%%qwq?", "%qwq?"):
        reply = kernel.run(code).reply

        text = reply["payload"][0]["data"]["text/plain"]
        assert "--conversation NAME" in text
        assert "The prompt is sent verbatim." in text


def test_without_a_front_end_there_is_one_output_and_no_widget(kernel: Kernel) -> None:
    done = kernel.run(f"%%qwq -c batch\n{DECIMALS}", cell_id=None, allow_stdin=False)

    assert done.of_type("comm_open", "comm_msg", "stream") == []
    assert len(done.of_type("display_data", "update_display_data")) == 1
    assert done.turn["state"] == "complete"


def test_a_console_gets_live_text_and_then_the_output(kernel: Kernel) -> None:
    done = kernel.run(f"%%qwq -c console\n{DECIMALS}", cell_id=None)

    assert done.of_type("comm_open", "comm_msg") == []
    assert "Let me double-check" in done.text()
    assert "**9.9 is larger.**" in done.text()
    assert "Let me double-check" in done.turn["reasoning"]
    assert "**9.9 is larger.**" not in done.final["text/plain"]


def test_an_interrupt_ends_a_loop_of_asks_too(kernel: Kernel, ask_at: AskAt) -> None:
    reached, never = threading.Event(), threading.Event()
    with ScriptedServer(Reply([reached.set, never])) as server:
        ask_at(server)
        loop = kernel.send("for i in range(3):\n    %qwq -c loop hi\nprint('after the loop')")
        assert reached.wait(30)

        kernel.interrupt()

        done = kernel.collect(loop)
        never.set()
        assert len(server.requests) == 1
    assert done.reply["ename"] == "KeyboardInterrupt"
    assert done.turn["state"] == "stopped"
    assert "after the loop" not in done.text()


@pytest.mark.parametrize(
    "code", ["# ask\n%qwq -c alone hi", "%%time\n%qwq -c alone hi", "\n%qwq -c alone hi\n"]
)
def test_a_comment_or_a_timer_makes_no_program_of_an_ask(
    kernel: Kernel, ask_at: AskAt, code: str
) -> None:
    reached, never = threading.Event(), threading.Event()
    with ScriptedServer(Reply([reached.set, never])) as server:
        ask_at(server)
        ask = kernel.send(code)
        assert reached.wait(30)

        kernel.interrupt()

        done = kernel.collect(ask)
        never.set()
    assert (done.reply["status"], done.turn["state"]) == ("ok", "stopped")


def test_a_rejected_setting_does_not_keep_the_extension_from_reloading(kernel: Kernel) -> None:
    kernel.run('%config QwqMagics.server = "nope"')

    done = kernel.run("%reload_ext qwq_magic")

    assert done.reply["status"] == "ok"
    kernel.run('%config QwqMagics.server = ""')


def test_a_turn_as_the_value_of_a_cell_looks_like_its_output(kernel: Kernel) -> None:
    kernel.run(f"%%qwq -c value\n{DECIMALS}")

    [value] = kernel.run("_qwq").of_type("execute_result")

    assert value["data"]["application/vnd.qwq.turn.v1+json"]["number"] == 1


def test_a_comparison_as_the_value_of_a_cell_is_drawn_or_a_table(kernel: Kernel) -> None:
    kernel.run(f"%%qwq -c compared\n{DECIMALS}")

    done = kernel.run("_qwq.compare(_qwq)", cell_id=None, allow_stdin=False)

    comparison = "application/vnd.qwq.comparison.v1+json"
    assert list(done.final) == [comparison, "text/markdown", "text/plain"]
    assert set(done.final[comparison]["pairs"]) == {"S"}
    assert "- divergence: none" in done.final["text/markdown"]


def test_the_notebooks_session_takes_advisors(kernel: Kernel, ask_at: AskAt) -> None:
    kernel.run(
        "from qwq_magic import notebook_session\n"
        "class Seen:\n"
        "    def after(self, turn): self.answer = turn.answer\n"
        "seen = Seen()\n"
        "notebook_session().advisors.append(seen)"
    )
    with ScriptedServer(chat(answer="one")) as server:
        ask_at(server)

        kernel.run("%qwq -c advisors hi")

    assert kernel.value("seen.answer") == "'one'"
    kernel.run("notebook_session().advisors.clear()")


def test_a_panel_that_fails_does_not_lose_the_turn(
    kernel: Kernel, ask_at: AskAt, failing_panel: FailingPanel
) -> None:
    with ScriptedServer(chat(answer="one")) as server, failing_panel():
        ask_at(server)

        done = kernel.run("%qwq -c failing -o kept hi")

    assert done.reply["ename"] == "RuntimeError"
    assert done.turn["id"]
    assert kernel.value("kept is _qwq, kept.prompt") == "(True, 'hi')"


def test_cells_without_ids_always_add_turns(kernel: Kernel) -> None:
    for _ in range(2):
        done = kernel.run(f"%%qwq -c no-ids\n{DECIMALS}", cell_id=None, allow_stdin=False)

    assert done.turn["number"] == 2


@pytest.mark.parametrize(
    "code", ["x = %qwq is it raining?", "x = %qwq hello", "x = %qwq -o y why??"]
)
def test_an_assigned_prompt_has_its_turn_as_a_value(
    kernel: Kernel, ask_at: AskAt, code: str
) -> None:
    with ScriptedServer(chat(answer="It pours.")) as server:
        ask_at(server)

        done = kernel.run(code)

        assert done.of_type("execute_result", "error") == []
        assert kernel.value("x is _qwq, x.answer") == repr((True, "It pours."))
        assert done.turn["answer"] == "It pours."


def test_several_assigned_prompts_have_a_turn_each(kernel: Kernel, ask_at: AskAt) -> None:
    with ScriptedServer(chat(answer="one"), chat(answer="two")) as server:
        ask_at(server)
        kernel.run(
            "turns = []\nfor n in range(2):\n    x = %qwq is it?\n    turns.append(x.answer)"
        )

        assert kernel.value("turns") == repr(["one", "two"])


@pytest.mark.parametrize(
    "code", ["%qwq hello", "%qwq is it raining?", "%%qwq\nhello", "1\n%qwq hi"]
)
def test_a_prompt_alone_does_not_print_its_turn_again(
    kernel: Kernel, ask_at: AskAt, code: str
) -> None:
    with ScriptedServer(chat(answer="It pours.")) as server:
        ask_at(server)

        assert kernel.run(code).of_type("execute_result", "error") == []


def test_a_failed_prompt_has_its_turn_as_a_value(kernel: Kernel, ask_at: AskAt) -> None:
    with ScriptedServer(failure(400, {"error": "no"})) as server:
        ask_at(server)
        kernel.run("x = %qwq is it raining?")

        assert kernel.value("x.state, type(x.error).__name__") == repr(("error", "InvalidRequest"))


def test_a_prompt_in_the_background_has_no_turn_to_assign_yet(
    kernel: Kernel, ask_at: AskAt
) -> None:
    with ScriptedServer(chat(answer="late")) as server:
        ask_at(server)

        done = kernel.run("x = %qwq --background is it?")

        assert done.reply["status"] == "error"
        assert "Use -o NAME instead" in str(done.reply["evalue"])
        assert server.requests == []
