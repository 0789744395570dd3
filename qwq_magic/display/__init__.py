"""Everything a reader sees: live panes, saved output and terminal text."""
