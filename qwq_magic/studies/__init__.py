"""Studies of one reasoning that ask the model again: what it would answer, and what mattered.

What they ask is built here, and so are their results; a session sends it.
"""

from qwq_magic.studies.importance import Cut, Importance, Segment
from qwq_magic.studies.places import StudyCost
from qwq_magic.studies.probes import Probe, Probes

__all__ = ["Cut", "Importance", "Probe", "Probes", "Segment", "StudyCost"]
