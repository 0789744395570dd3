"""Prompts made from a notebook's contents: expanded templates, and questions about exceptions.

Nothing here accesses IPython: the notebook's state is passed in as a `Notebook`.
"""

from __future__ import annotations
