"""The HTTP client. Only this package imports httpx, which takes 230 ms: import it late."""

from qwq_magic.client.connections import aclose_clients
from qwq_magic.client.http_chat_model import HttpChatModel
from qwq_magic.client.local_servers import LocalServer, find_local_servers
from qwq_magic.client.model_listing import list_models

__all__ = ["HttpChatModel", "LocalServer", "aclose_clients", "find_local_servers", "list_models"]
