"""Server-sent events come out the same, however their bytes were cut."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qwq_magic.errors import ProtocolError
from qwq_magic.wire.framing import MAX_EVENT_BYTES, ServerSentEvent, SSEDecoder


def decode(*reads: bytes) -> list[ServerSentEvent]:
    decoder = SSEDecoder()
    events = [event for read in reads for event in decoder.feed(read)]
    return [*events, *decoder.close()]


def data_of(events: Iterable[ServerSentEvent]) -> list[str]:
    return [event.data for event in events]


def test_one_space_after_the_colon_is_not_data() -> None:
    assert data_of(decode(b"data:a\n\ndata: b\n\ndata:  c\n\n")) == ["a", "b", " c"]


def test_several_data_lines_are_joined_by_line_feeds() -> None:
    assert data_of(decode(b"data: a\ndata: b\n\n")) == ["a\nb"]


def test_an_event_without_data_is_none() -> None:
    assert decode(b"id: 7\n\nevent: ping\n\ndata:\n\n: hello\n\n\n") == []


@pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\n"])
def test_any_line_end_ends_a_line_also_when_cut(end: bytes) -> None:
    body = end.join([b"data: a", b"data: b", b"", b"data: c", b"", b""])
    single_bytes = [body[at : at + 1] for at in range(len(body))]

    assert data_of(decode(body)) == ["a\nb", "c"]
    assert data_of(decode(*single_bytes)) == ["a\nb", "c"]


def test_unicode_line_separators_are_text() -> None:
    text = "a\u2028b\u2029c\x85d\x0be\x0cf\x1cg"

    assert data_of(decode(f"data: {text}\n\n".encode())) == [text]


def test_one_byte_order_mark_is_dropped_and_a_second_is_not() -> None:
    mark = b"\xef\xbb\xbf"

    assert data_of(decode(mark + b"data: a\n\n")) == ["a"]
    assert data_of(decode(mark[:2], mark[2:] + b"data: a\n\n")) == ["a"]
    assert decode(mark + mark + b"data: a\n\n") == []


def test_bad_bytes_become_replacement_characters() -> None:
    assert data_of(decode(b"data: a\xff\xfeb\n\n")) == ["a\ufffd\ufffdb"]


def test_comments_come_with_the_event_they_stand_in() -> None:
    body = b": alive\n\nid:1\nevent:error\n:HTTP_STATUS/400\ndata:{}\n\ndata:{}\n\n"

    assert decode(body) == [
        ServerSentEvent("{}", "error", "HTTP_STATUS/400"),
        ServerSentEvent("{}"),
    ]


def test_a_line_named_error_is_an_error_event() -> None:
    assert decode(b'error: {"code":500}\n\n') == [ServerSentEvent('{"code":500}', "error")]


@pytest.mark.parametrize("data", ['{"a": 1}', "[DONE]"])
@pytest.mark.parametrize("end", [b"", b"\n", b"\r"])
def test_an_unterminated_last_event_counts_if_it_is_whole(data: str, end: bytes) -> None:
    assert data_of(decode(f"data: {data}".encode() + end)) == [data]


def test_an_unterminated_last_event_that_is_cut_is_dropped() -> None:
    assert decode(b'data: {"a": ') == []


@pytest.mark.parametrize("end", [b"", b"\n", b'\ndata: {"cut": '])
def test_of_events_without_empty_lines_between_only_a_cut_one_is_lost(end: bytes) -> None:
    assert data_of(decode(b"data: {}\ndata: [1]" + end)) == ["{}\n[1]"]


def test_an_event_beyond_the_limit_is_refused_after_the_ones_before_it() -> None:
    events = SSEDecoder().feed(b"data: a\n\ndata: " + b"x" * MAX_EVENT_BYTES)

    assert next(events).data == "a"
    with pytest.raises(ProtocolError, match="8 MB"):
        next(events)


def test_many_lines_of_one_event_count_together() -> None:
    decoder = SSEDecoder()
    line = b"data: " + b"x" * (MAX_EVENT_BYTES // 2) + b"\n"
    list(decoder.feed(line))

    with pytest.raises(ProtocolError):
        list(decoder.feed(line))


def test_a_line_of_50_mb_is_refused_at_the_limit() -> None:
    decoder, piece = SSEDecoder(), b"x" * 50_000
    for _ in range(MAX_EVENT_BYTES // len(piece)):
        list(decoder.feed(piece))

    with pytest.raises(ProtocolError, match="8 MB"):
        list(decoder.feed(piece))


@given(
    body=st.lists(
        st.sampled_from([b"data: a", b"data:", b": c", b"event: e", b"\r", b"\n", b"\xef\xbb\xbf"])
    ).map(b"".join),
    data=st.data(),
)
def test_cuts_change_nothing(body: bytes, data: st.DataObject) -> None:
    places = sorted(data.draw(st.lists(st.integers(0, len(body)))))
    bounds = [0, *places, len(body)]
    reads = [body[start:end] for start, end in zip(bounds, bounds[1:], strict=False)]  # noqa: RUF007

    assert decode(*reads) == decode(body)
