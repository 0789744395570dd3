"""The doctor: what is set, what answers, what runs on this machine, and what to type next.

Everything it says is text that others may have written, servers and projects among them: it
is cleaned and masked before it becomes part of a report, and shown as nothing but text.
"""

from qwq_magic.doctor.examination import Examination
from qwq_magic.doctor.front_end_section import front_end_section

__all__ = ["Examination", "front_end_section"]
