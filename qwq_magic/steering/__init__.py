"""Steering: what of a reply is given to the model, and what ends its reasoning early."""

from qwq_magic.steering.acts import Act, answer_from, fork_at, go_on_from, think_on_from

__all__ = ["Act", "answer_from", "fork_at", "go_on_from", "think_on_from"]
