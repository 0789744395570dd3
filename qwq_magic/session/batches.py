"""The methods of a session that ask many times: one prompt, or a prompt for each row."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Unpack

from qwq_magic.session.acts import Acts
from qwq_magic.turns import Turn

if TYPE_CHECKING:
    # These are imported with the first batch: %load_ext creates a session and must be fast.
    from qwq_magic.batch import Batch
    from qwq_magic.batch.budget import Spent
    from qwq_magic.prompts.notebook import Notebook
    from qwq_magic.session.batch_plan import BatchOptions, BatchPlan, StudyOptions
    from qwq_magic.session.batch_run import BatchRun, BatchView
    from qwq_magic.settings.key_ring import KeyRing
    from qwq_magic.steering.acts import Act


ViewMaker = Callable[["BatchRun"], "BatchView | None"]
_view_makers: list[ViewMaker] = []


def show_batches_by(make: ViewMaker) -> None:
    """Show batches that a thread waits for in what `make` returns; None leaves it to others.

    What knows a display calls this; the latest one is asked first.
    """
    if make not in _view_makers:
        _view_makers.insert(0, make)


def view_for(run: BatchRun) -> BatchView | None:
    """Return the view of a batch; None without one."""
    return next((view for make in _view_makers if (view := make(run))), None)


class Batches(Acts):
    """The methods of `Session` that ask many times."""

    advisors: list[Any]
    keys: KeyRing
    store: str
    # The finished turns of the latest batch, by key, for one without a store that runs again.
    _latest_samples: dict[str, Turn]

    def sample(self, prompt: str, **options: Unpack[BatchOptions]) -> Batch:
        """Ask one prompt several times; by default eight times.

        The samples are attempts at one turn of the conversation. The one that counts, which later
        prompts are sent, is the first that has the value of the vote.

        Args:
            prompt: the user's text, sent verbatim.
            options: see `BatchOptions`, `StudyOptions` and `CallOptions`.

        Raises:
            QwqError: a setting is wrong. A reply that fails is a turn with an error.
        """
        return self.start_sample(prompt, **options).wait()

    async def sample_async(self, prompt: str, **options: Unpack[BatchOptions]) -> Batch:
        """Sample from async code; see `sample`."""
        return await self.start_sample(prompt, **options).wait_async()

    def map(self, rows: Any, template: str | None = None, **options: Unpack[BatchOptions]) -> Batch:
        """Ask a prompt for each row of a table; rows are not part of any conversation.

        Each reply is kept as it ends, and the same call asks again only for what is missing. A
        row is known by the hash of messages, model, server, parameters, given text, limits and
        the number of the sample.

        Args:
            rows: a DataFrame, or a list of dictionaries or of texts; a text has the column `text`.
            template: the prompt, with `{{ column }}` for a value of the row; None if the rows are
                texts or have a column `prompt`.
            options: see `BatchOptions`, `StudyOptions` and `CallOptions`.

        Raises:
            QwqError: a setting, the template or the store is wrong. A reply that fails is a turn
                with an error.
            KeyboardInterrupt: the user interrupted it; what has ended is kept.
        """
        return self.start_map(rows, template, **options).wait()

    async def map_async(
        self, rows: Any, template: str | None = None, **options: Unpack[BatchOptions]
    ) -> Batch:
        """Map from async code; see `map`."""
        return await self.start_map(rows, template, **options).wait_async()

    async def map_stream(
        self, rows: Any, template: str | None = None, **options: Unpack[BatchOptions]
    ) -> AsyncGenerator[Turn, None]:
        """Yield the turns of a map, known ones first and others as they end; see `map`.

        Leaving the loop stops the rest.
        """
        run = self.start_map(rows, template, **options)
        async with aclosing(run.turns_async()) as turns:
            async for turn in turns:
                yield turn

    def start_sample(
        self, prompt: str, *, act: Act | None = None, **options: Unpack[BatchOptions]
    ) -> BatchRun:
        """Start sampling and return at once; see `sample`.

        `act`: what is done to a turn, for samples that go on from it.
        """
        from qwq_magic.session.batch_plan import sample_plan

        return self._start_batch(sample_plan(prompt, act, options))

    def start_map(
        self,
        rows: Any,
        template: str | None = None,
        *,
        notebook: Notebook | None = None,
        with_blocks: bool = False,
        **options: Unpack[BatchOptions],
    ) -> BatchRun:
        """Start a map and return at once; see `map`.

        Args:
            rows: the table.
            template: the prompt.
            notebook: the names that the template may use besides the columns; None for none.
            with_blocks: whether `{% if … %}` and `{% for … %}` in it are interpreted too.
            options: see `map`.
        """
        from qwq_magic.session.batch_plan import map_plan

        plan = map_plan(rows, template, options, notebook=notebook, with_blocks=with_blocks)
        return self._start_batch(plan)

    def _start_acts(
        self,
        acts: Sequence[Act],
        options: StudyOptions,
        *,
        n: int,
        notice: str = "",
        spent: Spent | None = None,
    ) -> BatchRun:
        """Start `n` samples of each act, a row each; see `map`.

        `spent`: what was used of the budget before, by earlier stages of the same study.
        """
        from qwq_magic.batch.budget import NOTHING_SPENT
        from qwq_magic.session.batch_plan import acts_plan

        plan = acts_plan(acts, options, n=n, notice=notice, spent=spent or NOTHING_SPENT)
        return self._start_batch(plan)

    def _start_batch(self, plan: BatchPlan) -> BatchRun:
        from qwq_magic.session.batch_run import BatchRun
        from qwq_magic.session.batch_work import BatchWork

        work = BatchWork(self, plan)
        work.check()
        return BatchRun(work, self._runner())
