"""What a notebook keeps: MIME bundles of data, inert Markdown and plain text."""
