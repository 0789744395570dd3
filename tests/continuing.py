"""Servers that continue a given reply as llama.cpp, vLLM, SGLang and DashScope were measured to.

The model behind them knows one reasoning by heart. Given a beginning of it, it goes on; given
another, it comes to another end.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Any

from server import DONE, Reply, Request, ScriptedServer, Step, chat_steps, delta, failure

SENTENCES = (
    "We compare 9.9 and 9.11. ",
    "The whole parts are equal. ",
    "Compare the tenths: 9 and 1. ",
    "So 9.9 is larger. ",
)
REASONING = "".join(SENTENCES)
ANSWER = "9.9 is larger."
EDITED = "That changes it. So 9.11 is larger. "
EDITED_ANSWER = "9.11 is larger."


def listing(owner: str) -> Reply:
    return failure(200, {"object": "list", "data": [{"id": "m", "owned_by": owner}]})


def rest_of(prefix: str) -> tuple[str, str]:
    """What the model thinks after this beginning, and what it answers."""
    if REASONING.startswith(prefix):
        return REASONING[len(prefix) :], ANSWER
    return EDITED, EDITED_ANSWER


def answered(reasoning: str) -> str:
    """What the model answers after such a reasoning."""
    return ANSWER if REASONING.startswith(reasoning.rstrip()) else EDITED_ANSWER


def words(text: str) -> list[str]:
    return [f"{word} " for word in text.split(" ") if word]


def _last(request: Request) -> dict[str, Any]:
    last: dict[str, Any] = request.json["messages"][-1]
    return last


def llama_cpp(request: Request) -> Reply:
    """The reasoning has a field, in which it is taken, too."""
    if request.method == "GET":
        return listing("llamacpp")
    last, flag = _last(request), request.json.get("continue_final_message")
    if last["role"] != "assistant":
        return Reply(chat_steps(reasoning=words(REASONING), answer=words(ANSWER)))
    assert request.json["add_generation_prompt"] is False
    if flag == "content":
        return Reply(chat_steps(answer=answered(last["reasoning_content"])))
    assert flag is True
    thought, answer = rest_of(last["reasoning_content"])
    return Reply(chat_steps(reasoning=words(thought), answer=answer))


def vllm(request: Request, *, owner: str = "vllm") -> Reply:
    """The reasoning is taken in the content; the parser calls all text before a tag reasoning."""
    if request.method == "GET":
        return listing(owner)
    last = _last(request)
    if last["role"] != "assistant":
        return Reply(chat_steps(reasoning=words(REASONING), answer=ANSWER))
    assert request.json["continue_final_message"] is True
    assert request.json["add_generation_prompt"] is False
    content = last["content"].removeprefix("<think>\n")
    reasoning, tag, _ = content.partition("\n</think>\n\n")
    if tag:
        # It has not seen a closing tag in what it generates itself.
        return Reply(chat_steps(reasoning=answered(reasoning), answer=()))
    thought, answer = rest_of(reasoning)
    return Reply(chat_steps(reasoning=words(thought), answer=answer))


def sglang(request: Request) -> Reply:
    return vllm(request, owner="sglang")


def dashscope(request: Request) -> Reply:
    """It continues nothing: an assistant's message at the end would be refused."""
    if request.method == "GET":
        return listing("system")
    last = _last(request)
    if last["role"] == "assistant" or "continue_final_message" in request.json:
        return failure(400, {"error": {"message": "the last message must be the user's"}})
    if request.json.get("enable_thinking") is False:
        return Reply(chat_steps(answer=ANSWER))
    return Reply(chat_steps(reasoning=words(REASONING), answer=ANSWER))


class HeldServer:
    """A server whose first reply stops in the middle of its reasoning, and waits."""

    def __init__(self, play: Callable[[Request], Reply], *, thought: str = "".join(SENTENCES[:2])):
        self.gate = threading.Event()
        self._play = play
        self._thought = thought
        self.is_held = False
        self.server = ScriptedServer(self._reply)

    def _reply(self, request: Request) -> Reply:
        if request.method == "GET" or request.path.endswith("/control") or self.is_held:
            return self._play(request)
        self.is_held = True
        steps: list[Step] = [
            delta(role="assistant", content=""),
            *thoughts(words(self._thought)),
            self.gate,
            *self.after(),
        ]
        return Reply(steps)

    def after(self) -> Iterable[Step]:
        """What comes when the gate opens."""
        return [delta(content=ANSWER), delta("stop"), DONE]


def thoughts(texts: Iterable[str]) -> list[bytes]:
    return [delta(reasoning_content=text, content=None) for text in texts]
