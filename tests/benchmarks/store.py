"""What a store costs with many turns in it; run it as a program.

    PYTHONPATH=tests:. python tests/benchmarks/store.py [TURNS]

One conversation is saved after each of its turns, as a kernel does, then opened, loaded and
searched. It exits with 1 if one of the rules is broken.
"""

from __future__ import annotations

import random
import re
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib import resources
from pathlib import Path

from qwq_magic.memory import ConversationMemory, Conversations
from qwq_magic.memory.stored import StoredConversations
from qwq_magic.store import Store
from qwq_magic.turns import Message, Timing, Turn

TURNS = 10_000
MOST_OPENING_S, MOST_TURN_S, MOST_SEARCH_S = 0.5, 0.005, 0.1
REASONING, ANSWER, PROMPT = 4_000, 800, 120
MARKS_A_TURN = 300
_CHINESE = "鸡兔同笼共有三十五个头九十四只脚问鸡和兔各有多少只先假设全部都是鸡那么应该有七十只脚"
QUERIES = {
    "a rare word": "zqx100",
    "a number": "9.11",
    "a common word": "the",
    "a letter": "t",
    "two letters": "th",
    "three common words": "so is that",
    "a common and a rare word": "the zqx100",
    "a phrase": '"is that"',
    "a Chinese word": "鸡兔",
    "nothing": "xylophone",
}


class Texts:
    """Texts as the recordings of the demo have them, with other numbers and some rare words."""

    def __init__(self) -> None:
        self._random = random.Random(11)
        folder = resources.files("qwq_magic.demo.recordings")
        texts = [file.read_text("utf-8") for file in folder.iterdir() if file.name.endswith(".md")]
        self._sentences = re.split(r"(?<=[.?!\n])\s+", "\n".join(sorted(texts)))

    def text(self, characters: int) -> str:
        parts: list[str] = []
        while sum(map(len, parts)) < characters:
            sentence = self._random.choice(self._sentences)
            parts.append(re.sub(r"\d+", lambda _: str(self._random.randrange(1_000)), sentence))
            if self._random.random() < 0.05:
                parts.append(f"zqx{int(self._random.paretovariate(0.4)) % 50_000}")
        return " ".join(parts)[:characters]

    def chinese(self, characters: int) -> str:
        return "".join(self._random.choices(_CHINESE + "，。", k=characters))


def turns(count: int, memory: ConversationMemory) -> Iterator[Turn]:
    """Turns one after the other, each sent the ten before it; every tenth is Chinese."""
    texts = Texts()
    for number in range(count):
        make = texts.chinese if number % 10 == 9 else texts.text
        prompt = make(PROMPT)
        before = memory.context(history=10).messages if len(memory) else ()
        yield Turn(
            f"{number:032x}",
            prompt,
            make(REASONING),
            make(ANSWER),
            model="qwq-plus",
            server="dashscope",
            finish_reason="stop",
            complete=True,
            timing=Timing(0.4, 20.0, 24.0),
            arrivals=tuple((at * 13, at * 0.067) for at in range(1, MARKS_A_TURN)),
            messages=(*before, Message("user", prompt)),
            started_at="2026-01-01T00:00:00.000+00:00",
        )


def timed(action: Callable[[], object]) -> float:
    begun = time.perf_counter()
    action()
    return time.perf_counter() - begun


def write(path: Path, count: int) -> tuple[list[float], int]:
    """Save after each turn; return the seconds of each, and the characters of all texts."""
    conversations = Conversations()
    memory = conversations.of("main")
    stored = StoredConversations(path)
    seconds: list[float] = []
    characters = 0
    for turn in turns(count, memory):
        memory.commit(turn, memory.context(history=0))
        seconds.append(timed(lambda: stored.save(conversations)))
        characters += len((turn.prompt + turn.reasoning + turn.answer).encode())
    stored.close()
    return seconds, characters


class Report:
    """Rows of a table, and whether all rules were kept."""

    def __init__(self) -> None:
        self.is_kept = True

    def row(self, name: str, value: float, unit: str, most: float | None = None) -> None:
        is_kept = most is None or value <= most
        self.is_kept = self.is_kept and is_kept
        rule = "" if most is None else f"{most:g} {unit}"
        print(f"| {name} | {rule} | {value:.3g} {unit} |{'' if is_kept else ' BROKEN'}", flush=True)

    def seconds(self, name: str, seconds: float, most_s: float | None = None) -> None:
        self.row(name, seconds * 1_000, "ms", None if most_s is None else most_s * 1_000)


def measure(path: Path, count: int, report: Report) -> None:
    seconds, characters = write(path, count)
    late = sorted(seconds[-1_000:])
    report.seconds("a turn, median of the last thousand", statistics.median(late), MOST_TURN_S)
    report.seconds("the same, 95 %", late[int(len(late) * 0.95)])
    report.seconds("the same, 99 %", late[int(len(late) * 0.99)])
    report.seconds("the same, most", late[-1])
    report.row("the file", path.stat().st_size / 1e6, "MB")
    report.row("the file ÷ the text", path.stat().st_size / characters, "×")

    opening = [timed(lambda: Store(path).close()) for _ in range(9)]
    report.seconds("opening and closing", statistics.median(opening), MOST_OPENING_S)
    conversations = Conversations()
    stored = StoredConversations(path)
    report.seconds("loading all turns", timed(lambda: stored.load(conversations, current="main")))
    memory = conversations["main"]
    [turn] = turns(1, ConversationMemory())
    sent = (*memory.context().messages, Message("user", turn.prompt))
    last = replace(turn, id="last", messages=sent)
    memory.commit(last, memory.context())
    report.seconds(
        f"a turn sent with {len(sent):,} messages", timed(lambda: stored.save(conversations))
    )
    known = rows(path, "SELECT count(*) FROM messages")
    following = replace(last, id="following", messages=(*sent, Message("user", "And then?")))
    memory.commit(following, memory.context())
    report.seconds("another one of them", timed(lambda: stored.save(conversations)), MOST_TURN_S)
    report.row("messages it adds", rows(path, "SELECT count(*) FROM messages") - known, "rows", 2)
    stored.close()

    with Store(path) as store:
        for name, query in QUERIES.items():
            found = len(store.search(query))
            took = [timed(lambda query=query: store.search(query)) for _ in range(5)]  # type: ignore[misc]  # mypy does not infer this lambda
            took_s = statistics.median(took)
            report.seconds(f"{name} (`{query}`, {found} hits)", took_s, MOST_SEARCH_S)


def rows(path: Path, query: str) -> int:
    connection = sqlite3.connect(path)
    try:
        return int(connection.execute(query).fetchone()[0])
    finally:
        connection.close()


def main() -> int:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else TURNS
    report = Report()
    print(f"\n| {count:,} turns | rule | measured |\n|---|--:|--:|")
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder) / "notes.db", count, report)
    return 0 if report.is_kept else 1


if __name__ == "__main__":
    sys.exit(main())
