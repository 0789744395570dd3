"""Bytes to events: one file a protocol."""
