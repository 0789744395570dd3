"""Eval logs of Inspect (inspect.aisi.org.uk): JSON, or a ZIP archive with a file per sample."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, cast

from qwq_magic.errors import ConfigurationError, FileError
from qwq_magic.plain_text import excerpt
from qwq_magic.traces.arrow import arrow
from qwq_magic.traces.bounded_file import DAMAGE, MAX_WHOLE, most_unpacked, unpack_zstd
from qwq_magic.traces.chats import is_chat, prompt_in, reply_in, role_of, sent_in
from qwq_magic.traces.columns import column
from qwq_magic.traces.details import turn_of
from qwq_magic.traces.json_text import Unreadable, parse
from qwq_magic.traces.records import Source, gold_in
from qwq_magic.traces.traces import Skipped, Trace
from qwq_magic.turns import Message
from qwq_magic.wire.token_usage import count_in

# Current versions of Inspect compress with Zstandard, which `zipfile` reads since Python 3.14.
_ZSTD = 93
_NAME_BYTES = 120
_ATTACHMENT = "attachment://"
_OUR_DETAILS = (
    *("turn_id", "server", "state", "finish_reason", "cost"),
    *("ttft_s", "thinking_s", "total_s", "started_at"),
)


def is_inspect_log(value: Any) -> bool:
    """Whether a JSON document is an eval log."""
    return (
        isinstance(value, dict)
        and isinstance(value.get("samples"), list)
        and isinstance(value.get("eval"), dict)
    )


def read_archive(path: Path, source: Source) -> Iterator[Trace | Skipped]:
    """Yield the turns of an `.eval` file.

    Raises:
        ConfigurationError: pyarrow is not installed, which unpacks Zstandard.
        FileError: it is not an archive of samples, or unpacks to far more than its size.
        OSError: it cannot be read.
    """
    # Of all samples together, so that many small bombs are one large one.
    left = most_unpacked(path.stat().st_size)
    try:
        with zipfile.ZipFile(path) as archive:
            samples = [each for each in archive.infolist() if _is_sample(each.filename)]
            if not samples:
                raise FileError(f"{path} has no samples/*.json. Load an eval log of Inspect.")
            for info in samples:
                name = info.filename.removeprefix("samples/").removesuffix(".json")
                where = excerpt(name, limit_bytes=_NAME_BYTES)
                data = _member(path, archive, info, most=min(left, MAX_WHOLE))
                left -= len(data) if isinstance(data, bytes) else 0
                yield from _sample_in(data, where, source)
    except zipfile.BadZipFile as error:
        raise FileError(f"{path} is damaged: {error}. Copy it again.") from error


def _is_sample(name: str) -> bool:
    return name.startswith("samples/") and name.endswith(".json")


def _member(
    path: Path, archive: zipfile.ZipFile, info: zipfile.ZipInfo, *, most: int
) -> bytes | Unreadable:
    try:
        if info.compress_type == _ZSTD:
            data = _zstd_member(path, archive, info, most + 1)
        else:
            data = _read(archive, info, most + 1)
    except (*DAMAGE, OSError, NotImplementedError, RuntimeError, zipfile.BadZipFile) as error:
        return Unreadable(f"it cannot be unpacked ({excerpt(str(error), limit_bytes=100)})")
    if len(data) > most:
        raise FileError(f"{path} unpacks to far more than its size. Load a log that you trust.")
    return data


def _read(archive: zipfile.ZipFile, info: zipfile.ZipInfo, most: int) -> bytes:
    # The size in the archive may be forged.
    with archive.open(info) as file:
        return file.read(most)


def _zstd_member(path: Path, archive: zipfile.ZipFile, info: zipfile.ZipInfo, most: int) -> bytes:
    try:
        arrow()
    except ConfigurationError as error:
        try:
            return _read(archive, info, most)
        except NotImplementedError:
            raise error from None
    with path.open("rb") as file:
        # Before the data is a header, whose two last parts have any length.
        file.seek(info.header_offset)
        header = file.read(30)
        if len(header) < 30:
            raise EOFError("the file ends here")
        name, extra = struct.unpack("<HH", header[26:30])
        file.seek(name + extra, 1)
        packed = file.read(info.compress_size)
    return _read_zstd(packed, most)


def _read_zstd(packed: bytes, most: int) -> bytes:
    file = unpack_zstd(cast("BinaryIO", arrow().BufferReader(packed)))
    parts: list[bytes] = []
    while most > 0 and (part := file.read(min(most, 1_000_000))):
        parts.append(part)
        most -= len(part)
    return b"".join(parts)


def _sample_in(data: bytes | Unreadable, where: str, source: Source) -> Iterator[Trace | Skipped]:
    try:
        if isinstance(data, Unreadable):
            raise data
        yield from _traces_of(parse(data), where, source)
    except Unreadable as error:
        yield Skipped(where, str(error))


def samples_of(log: dict[str, Any], source: Source) -> Iterator[Trace | Skipped]:
    """Yield the turns of a log in JSON."""
    for number, sample in enumerate(log["samples"], 1):
        where = f"sample {number}"
        try:
            yield from _traces_of(sample, where, source)
        except Unreadable as error:
            yield Skipped(where, str(error))


def _traces_of(sample: Any, where: str, source: Source) -> list[Trace]:
    if not isinstance(sample, dict):
        raise Unreadable("it is not a sample")
    attached = _mapping(sample.get("attachments"))
    output, ours = _mapping(sample.get("output")), _mapping(sample.get("metadata"))
    messages = _with_texts(_messages_of(sample), attached)
    choices = output.get("choices")
    replies = [
        (each, choice)
        for choice in (choices if isinstance(choices, list) else ())
        if isinstance(choice, dict) and isinstance(each := choice.get("message"), dict)
    ]
    if messages and role_of(messages[-1]) == "assistant":
        *messages, last = messages
        # The message that was kept may be edited by a solver, what the model wrote is the output.
        replies = replies or [(last, {})]
    found = [(reply_in(_with_texts([each], attached)[0]), choice) for each, choice in replies]
    found = [(reply, choice) for reply, choice in found if reply]
    if not found:
        raise Unreadable(_why_empty(sample))
    gold = _gold(sample, ours, source)
    sent = sent_in(messages)
    return [
        Trace(_turn(reply, choice, sample, sent, where, source), gold, where)
        for reply, choice in found
    ]


def _turn(
    reply: Any,
    choice: dict[str, Any],
    sample: dict[str, Any],
    sent: tuple[Message, ...],
    where: str,
    source: Source,
) -> Any:
    output, metadata = _mapping(sample.get("output")), _mapping(sample.get("metadata"))
    known: dict[str, Any] = {
        "uuid": sample.get("uuid"),
        "model": output.get("model"),
        "finish_reason": choice.get("stop_reason"),
        "started_at": sample.get("started_at"),
        "total_s": output.get("time", sample.get("total_time")),
        "usage": _usage(_mapping(output.get("usage"))),
    }
    # Logs that we wrote have what a turn has beyond a sample as metadata.
    if isinstance(metadata.get("turn_id"), str) and "key" in metadata:
        known |= {name: metadata[name] for name in _OUR_DETAILS if metadata.get(name) is not None}
        known["error_message"] = _mapping(sample.get("error")).get("message")
    return turn_of(
        reply,
        prompt=prompt_in(sent),
        sent=sent,
        record=known,
        conversation=source.conversation,
        where=where,
    )


def _usage(counts: dict[str, Any]) -> dict[str, Any]:
    """Return the counts by the names of OpenAI, whose input includes what was cached."""
    read, cached = count_in(counts, "input_tokens"), count_in(counts, "input_tokens_cache_read")
    return {
        **counts,
        "input_tokens": None if read is None else read + (cached or 0),
        "input_tokens_details": {"cached_tokens": cached},
    }


def _messages_of(sample: dict[str, Any]) -> list[dict[str, Any]]:
    for value in (sample.get("messages"), sample.get("input")):
        if is_chat(value):
            return cast("list[dict[str, Any]]", value)
    text = sample.get("input")
    return [{"role": "user", "content": text}] if isinstance(text, str) else []


def _with_texts(messages: list[dict[str, Any]], attached: dict[str, Any]) -> list[dict[str, Any]]:
    """Return messages with the texts that a log keeps in another place."""
    return [{**each, "content": _attached(each.get("content"), attached)} for each in messages]


def _attached(content: Any, attached: dict[str, Any]) -> Any:
    if isinstance(content, list):
        return [_attached(part, attached) for part in content if not isinstance(part, list)]
    if isinstance(content, dict):
        texts = {n: v for n, v in content.items() if isinstance(v, str)}
        return {**content, **{name: _attached(value, attached) for name, value in texts.items()}}
    if isinstance(content, str) and content.startswith(_ATTACHMENT):
        found = attached.get(content.removeprefix(_ATTACHMENT))
        return found if isinstance(found, str) else content
    return content


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _gold(sample: dict[str, Any], metadata: dict[str, Any], source: Source) -> Any:
    name = source.columns.gold
    return gold_in(sample.get("target") if name is None else column({**metadata, **sample}, name))


def _why_empty(sample: dict[str, Any]) -> str:
    # Inspect keeps samples that failed, without an output.
    message = _mapping(sample.get("error")).get("message")
    if isinstance(message, str):
        return f"it failed: {excerpt(message, limit_bytes=120)}"
    return "it has no reply"
