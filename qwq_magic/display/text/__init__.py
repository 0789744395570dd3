"""Plain text: a terminal, reports that fill in, tables."""
