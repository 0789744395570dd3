"""Settings: where each value comes from, and what follows for a server, a model and a key."""

from qwq_magic.settings.settings import Settings, resolve

__all__ = ["Settings", "resolve"]
