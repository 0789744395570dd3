"""The demo: recorded replies, replayed at their original pace and labelled as recordings."""

from qwq_magic.demo.replay import ReplayModel

__all__ = ["ReplayModel"]
