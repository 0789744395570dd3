"""API keys: stored so that they are never displayed, and masked wherever they appear."""

from qwq_magic.keys.api_key import ApiKey, as_api_key

__all__ = ["ApiKey", "as_api_key"]
