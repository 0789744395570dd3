"""Asking: a session, the runs it starts, and the event loop they stream on."""

from qwq_magic.session.session import Session

__all__ = ["Session"]
