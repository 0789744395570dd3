"""What a reader sees: live panes, the final output, terminal text."""
