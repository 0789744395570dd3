"""API keys: held so that they are never shown, and masked wherever they turn up."""

from qwq_magic.keys.api_key import ApiKey, as_api_key

__all__ = ["ApiKey", "as_api_key"]
