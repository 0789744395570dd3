"""Settings: the source of each value, and what follows for the server, model and key."""

from qwq_magic.settings.settings import Settings, resolve

__all__ = ["Settings", "resolve"]
