"""Ask a reasoning model in a notebook cell and watch it think."""
