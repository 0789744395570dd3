"""A front end that only listens, and says what a test lets it say."""

from __future__ import annotations

from typing import Any

import comm

Message = dict[str, Any]
Sent = list[tuple[str, Message]]


class RecordingComm(comm.base_comm.BaseComm):
    sent: Sent = []  # noqa: RUF012  # emptied for each test

    def publish_msg(
        self,
        msg_type: str,
        data: Any = None,
        metadata: Any = None,
        buffers: Any = None,
        **keys: Any,
    ) -> None:
        self.sent.append((msg_type, data or {}))


def custom(sent: Sent) -> list[Message]:
    """The messages to the views."""
    return [data["content"] for _, data in list(sent) if data.get("method") == "custom"]
