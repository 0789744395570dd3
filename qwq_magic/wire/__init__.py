"""Requests to bytes and bytes to events, with one file per protocol."""
