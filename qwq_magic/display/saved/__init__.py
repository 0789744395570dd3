"""The saved output of a notebook: MIME bundles of data, inert Markdown and plain text."""
