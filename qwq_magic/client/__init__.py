"""The HTTP client: the only place that imports httpx, so import it late (230 ms)."""

from qwq_magic.client.connections import aclose_clients
from qwq_magic.client.http_chat_model import HttpChatModel

__all__ = ["HttpChatModel", "aclose_clients"]
