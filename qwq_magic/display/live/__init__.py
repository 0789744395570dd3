"""The live display of a streaming reply: panes in the browser, and what feeds them."""
