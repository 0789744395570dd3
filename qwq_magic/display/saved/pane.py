"""Display a bundle for our renderer from a kernel that cannot know whether the page has it.

The bundle is first displayed as a widget, which needs no renderer. A page that has the
renderer reports it, and the bundle, which stays interactive in a saved notebook, replaces the
widget. On other pages the widget stays.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import traitlets
from IPython.display import DisplayHandle, display

from qwq_magic.display.live.panes import Pane, widget_bundle


class SavedPane(Pane):
    """A widget that draws the first entry of a bundle."""

    kind = traitlets.Unicode("saved").tag(sync=True)
    mime = traitlets.Unicode().tag(sync=True)
    data = traitlets.Dict().tag(sync=True)

    def __init__(self, bundle: dict[str, Any], handle: DisplayHandle) -> None:
        self._bundle = bundle
        self._handle = handle
        mime, data = next(iter(bundle.items()))
        super().__init__("", data=data, mime=mime)

    def appear(self, *, is_update: bool) -> None:
        """Show the widget in the running cell's output; `is_update` replaces what is there."""
        write = self._handle.update if is_update else self._handle.display
        write(widget_bundle(self.model_id, self._bundle), raw=True)  # type: ignore[no-untyped-call]

    def _handle_message(self, kind: str) -> None:
        # Two views of one pane may both report the renderer.
        if kind == "renderer" and self.comm is not None:
            self._handle.update(self._bundle, raw=True)  # type: ignore[no-untyped-call]
            self.close()


def show_saved(make: Callable[[], dict[str, Any]], *, with_widgets: bool, meanwhile: str) -> None:
    """Show a bundle in the running cell's output, and until it is made, the text `meanwhile`."""
    if not with_widgets:
        display(make(), raw=True)  # type: ignore[no-untyped-call]
        return
    handle = DisplayHandle()  # type: ignore[no-untyped-call]  # IPython has no types
    if meanwhile:
        handle.display({"text/plain": meanwhile}, raw=True)  # type: ignore[no-untyped-call]
    SavedPane(make(), handle).appear(is_update=bool(meanwhile))
