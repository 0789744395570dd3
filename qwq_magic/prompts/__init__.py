"""Prompts made of what is in a notebook: expanded templates, and questions about failures.

Pure: what they need of the notebook is handed to them as a `Notebook`.
"""

from __future__ import annotations
