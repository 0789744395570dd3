"""Plain-text output: the terminal panel, reports and tables."""
