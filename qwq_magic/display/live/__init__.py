"""While a reply streams: the panes in the browser, and what feeds them."""
