"""Traces: the reasoning of any model, read from the files of other tools as turns."""

from qwq_magic.traces.loading import load_turns
from qwq_magic.traces.traces import Skipped, Trace, Traces

__all__ = ["Skipped", "Trace", "Traces", "load_turns"]
