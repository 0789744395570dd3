"""Sessions, the runs they start, and the event loop those runs stream on."""

from qwq_magic.session.session import Session

__all__ = ["Session"]
