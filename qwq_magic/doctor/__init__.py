"""The doctor: a report on the settings, the model, local servers and the front end.

Parts of a report come from servers and project files and are untrusted. They are cleaned and
masked before they enter a report, and shown as plain text.
"""

from qwq_magic.doctor.examination import Examination
from qwq_magic.doctor.front_end_section import front_end_section

__all__ = ["Examination", "front_end_section"]
