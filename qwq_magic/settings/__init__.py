"""Settings: their sources and precedence, and the server, model and key that result."""

from qwq_magic.settings.settings import Settings, resolve

__all__ = ["Settings", "resolve"]
