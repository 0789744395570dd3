"""Widgets whose front end only listens."""

from collections.abc import Iterator

import comm
import pytest
from recording_comm import RecordingComm, Sent


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sent]:
    monkeypatch.setattr(comm, "create_comm", RecordingComm)
    RecordingComm.sent.clear()
    yield RecordingComm.sent
    RecordingComm.sent.clear()
