"""`%qwq_models`: list the models of the server in use, and complete `-m` with them.

Tab never waits for a server: it uses the latest list, and refreshes it in the background at
most once a minute.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import os
import threading
import time
from collections.abc import Callable, Generator, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from IPython.core.error import UsageError
from IPython.core.magic import Magics, line_magic, magics_class, no_var_expand

from qwq_magic.errors import ConfigurationError, QwqError
from qwq_magic.magics.completion import known_models
from qwq_magic.magics.context import NotebookContext
from qwq_magic.magics.front_end import current_request, detect_live
from qwq_magic.magics.interrupts import InterruptWatch
from qwq_magic.magics.options import CellOptions, parse_options
from qwq_magic.magics.reports import show_reports
from qwq_magic.session.loops import LOOP_THREAD
from qwq_magic.session.model_choice import MODEL_CHOICES
from qwq_magic.settings import Settings, resolve
from qwq_magic.settings.presets import DEMO

if TYPE_CHECKING:
    from qwq_magic.display.text.report import Report
    from qwq_magic.wire.model_list import ListedModel

_TICK_S = 0.05
_FRESH_S = 60.0


class ListedModels:
    """The model names from the latest list of each base URL, for Tab."""

    def __init__(
        self, context: NotebookContext, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._context = context
        self._clock = clock
        self._names: dict[str, tuple[str, ...]] = {}
        self._looked_at: dict[str, float] = {}

    def put(self, settings: Settings, models: Iterable[ListedModel]) -> None:
        self._names[settings.base_url] = tuple(model.name for model in models)
        self._looked_at[settings.base_url] = self._clock()

    def names(self, server: str | None = None) -> list[str]:
        """Return the names known now, and refresh an old list in the background.

        A host that only a project's file names is not contacted.
        """
        try:
            settings = settings_for(self._context, server)
        except ConfigurationError:
            return known_models()
        is_stale = self._clock() - self._looked_at.get(settings.base_url, -_FRESH_S) >= _FRESH_S
        if is_stale and settings.server != DEMO.name and not self._is_foreign(server):
            # Set before the list arrives, or a server that does not reply is called with every Tab.
            self._looked_at[settings.base_url] = self._clock()
            threading.Thread(target=self._look, args=(settings,), daemon=True).start()
        listed = self._names.get(settings.base_url)
        return known_models() if listed is None else sorted(listed)

    def _is_foreign(self, server: str | None) -> bool:
        return server is None and self._context.foreign_address() is not None

    def _look(self, settings: Settings) -> None:
        # In a thread, since the client alone takes 230 ms to import.
        from qwq_magic.client import list_models

        try:
            listing = asyncio.run_coroutine_threadsafe(list_models(settings), LOOP_THREAD.loop())
            self.put(settings, listing.result())
        except QwqError:
            # %qwq_models reports the error; Tab continues with the names it has.
            return


@magics_class
class ModelMagics(Magics):
    """The models command."""

    def __init__(self, context: NotebookContext, listed: ListedModels) -> None:
        super().__init__(context.shell)
        self._shell = context.shell
        self._context = context
        self._listed = listed

    @no_var_expand
    @line_magic
    def qwq_models(self, line: str) -> None:
        """List the models of the server that `%%qwq` uses, reasoning models first.

            %qwq_models [-s SERVER] [TEXT]

        With TEXT, only models whose name contains it. Tab after `-m` then completes them.
        """
        with InterruptWatch() as interrupts:
            try:
                options, wanted = parse_options(line)
                if options != CellOptions(server=options.server):
                    raise ConfigurationError(
                        "Unexpected options. Use %qwq_models [-s SERVER] [TEXT]."
                    )
                settings = settings_for(self._context, options.server)
                if settings.server == DEMO.name:
                    raise ConfigurationError(
                        "The demo has recordings, not models. Use a server, such as "
                        "%qwq_models -s ollama; %qwq_doctor finds servers on this machine."
                    )
            except ConfigurationError as error:
                raise UsageError(str(error)) from None
            option = f" -s {options.server}" if options.server else ""
            show_reports(
                self._reports(settings, wanted=wanted.strip(), option=option),
                stopped=_stopped,
                live=detect_live(self._shell, current_request(self._shell)),
                interrupts=interrupts,
            )

    def _reports(
        self, settings: Settings, *, wanted: str, option: str
    ) -> Generator[Report, None, None]:
        from qwq_magic.display.text.model_report import model_report
        from qwq_magic.display.text.report import Report, ReportStatus

        running = Report(ReportStatus("running", f"Listing the models of {settings.server} …"), ())
        yield running
        # The first report is shown before the client is imported, which takes 230 ms.
        from qwq_magic.client import list_models

        listing = asyncio.run_coroutine_threadsafe(list_models(settings), LOOP_THREAD.loop())
        try:
            while not listing.done():
                concurrent.futures.wait([listing], timeout=_TICK_S)
                yield running
            models = listing.result()
        except QwqError as error:
            yield Report(ReportStatus("failed", str(error)), (), is_last=True)
        else:
            self._listed.put(settings, models)
            yield model_report(
                models,
                server=settings.server,
                in_use=settings.model,
                wanted=wanted,
                option=option,
            )
        finally:
            listing.cancel()


def settings_for(context: NotebookContext, server: str | None) -> Settings:
    """Return the settings of a cell with `-s`; the model is "" if none is set.

    Raises:
        ConfigurationError: the server is unknown, or there is no key for it.
    """
    context.apply_settings()
    session = context.session
    choices = session.choices.override(server=server)
    try:
        settings = resolve(choices, os.environ, session.keys, project=session.project)
        known = MODEL_CHOICES.known(settings)
        return settings if known is None else replace(settings, model=known.model)
    except ConfigurationError:
        if choices.model is not None:
            raise
        # Models are listed to choose one, so a missing model must not be an error here.
        named = choices.override(model="any")
        settings = resolve(named, os.environ, session.keys, project=session.project)
        return replace(settings, model="")


def _stopped() -> Report:
    from qwq_magic.display.text.report import Report, ReportStatus

    return Report(ReportStatus("stopped", "Stopped."), (), is_last=True)
