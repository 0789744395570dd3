"""What one batch asks, checked before anything is sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from inspect import iscoroutinefunction
from operator import index
from pathlib import Path
from typing import Any

from qwq_magic.batch.budget import NOTHING_SPENT, Budget, Prices, Spent, checked_prices
from qwq_magic.batch.dispatcher import Rules
from qwq_magic.batch.pace import Concurrency, Pace
from qwq_magic.batch.progress import Lane
from qwq_magic.batch.rates import Rates
from qwq_magic.batch.rows import TEXT_COLUMN, prompts_for, rows_of
from qwq_magic.batch.settling import checked_probability
from qwq_magic.batch.shards import require_one_worker_each
from qwq_magic.errors import ConfigurationError
from qwq_magic.keys import ApiKey, as_api_key
from qwq_magic.prompts.notebook import Notebook
from qwq_magic.session.call_options import CallOptions, require_known
from qwq_magic.settings.headers import hide_headers
from qwq_magic.settings.layers import CHOICES, unknown_setting
from qwq_magic.steering.acts import Act
from qwq_magic.turns import Turn

MAX_SAMPLES = 1_000_000
SAMPLES = 8


class StudyOptions(CallOptions, total=False):
    """Keyword arguments of whatever asks many times, besides those of `Session.ask`.

    Attributes:
        concurrency: how many replies may stream at once; "auto" finds what the server can take.
        rpm: the most requests a minute.
        tpm: the most tokens a minute, ≈, of prompts and replies.
        budget: what the batch may use before it ends in order.
        prices: the prices of a million input and output tokens, by model.
        store: the file that keeps the turns as they end; None for the session's.
        on_turn: called with each turn once it has ended and is kept; not with those that were
            known before.
        again: whether all samples are asked again, even those that are known.
        api_key: the key for this call.
    """

    concurrency: Concurrency
    rpm: float | None
    tpm: int | None
    budget: Budget | None
    prices: Mapping[str, tuple[float, float]] | None
    store: str | Path | None
    on_turn: Callable[[Turn], object] | None
    again: bool
    api_key: str | ApiKey | None


class BatchOptions(StudyOptions, total=False):
    """Keyword arguments of `Session.map` and `sample`, besides `StudyOptions`.

    Attributes:
        n: how many samples of each prompt; by default 8 in `sample`, and 1 in `map`.
        models: the models to ask, each of them `n` times; by default the session's.
        settle: the probability at which the vote of a row is settled, so that its other samples
            are not asked; None to ask them all.
        executor: sends shards of rows to other processes or machines; None for this process.
        send_key: whether the API key is sent with them; otherwise they read their environment.
    """

    n: int
    models: Sequence[str] | None
    settle: float | None
    executor: Executor | None
    send_key: bool


_OWN = tuple(
    name for name in BatchOptions.__annotations__ if name not in CallOptions.__annotations__
)

_STUDY_OPTIONS = tuple(dict.fromkeys((*CHOICES, *StudyOptions.__annotations__)))


@dataclass(frozen=True, slots=True)
class BatchPlan:
    """One batch.

    Attributes:
        rows: the rows of the table.
        prompts: the prompt of each row.
        template: the prompt, with `{{ column }}` for what differs.
        options: the batch's own options.
        call: the options of each request.
        api_key: the key for them.
        acts: what is done to a turn, for each row, if the samples go on from one.
        is_sample: whether the turns are attempts at one turn of the conversation.
        notice: a line to show before anything is sent; "" for none.
        spent: what was used of the budget before, by earlier stages of a study.
    """

    rows: Sequence[Mapping[str, Any]]
    prompts: Sequence[str]
    template: str
    options: BatchOptions
    call: CallOptions
    api_key: ApiKey | None = None
    acts: Sequence[Act] = ()
    is_sample: bool = False
    notice: str = ""
    spent: Spent = NOTHING_SPENT

    @property
    def n(self) -> int:
        n: Any = self.options.get("n", SAMPLES if self.is_sample else 1)
        return n if isinstance(n, bool) or not hasattr(n, "__index__") else index(n)

    @property
    def models(self) -> list[Any]:
        """The models to ask; None for the session's."""
        return list(self.options.get("models") or ()) or [self.call.get("model")]

    def act_of(self, row: int) -> Act | None:
        return self.acts[row] if self.acts else None

    @property
    def budget(self) -> Budget | None:
        return self.options.get("budget")

    @property
    def prices(self) -> Prices | None:
        return checked_prices(self.options.get("prices"))

    def rules(self) -> Rules:
        """Return the limits of the batch.

        Raises:
            ConfigurationError: one of them is not valid.
        """
        options = self.options
        return Rules(
            Pace(options.get("concurrency", "auto")),
            Rates(rpm=options.get("rpm"), tpm=options.get("tpm")),
            checked_probability(options.get("settle")),
        )

    def lanes(self, names: Sequence[str]) -> list[Lane]:
        """Return the samples to ask, by row, then by model, then by sample.

        `names`: the names of the models, as turns record them.
        """
        places = (
            (row, number, name)
            for row in range(len(self.rows))
            for name in names
            for number in range(1, self.n + 1)
        )
        return [
            Lane(index, row, number, name, self.prompts[row])
            for index, (row, number, name) in enumerate(places)
        ]


def map_plan(
    rows: object,
    template: str | None,
    options: BatchOptions,
    *,
    notebook: Notebook | None = None,
    with_blocks: bool = False,
) -> BatchPlan:
    """Return the plan of a map.

    Raises:
        ConfigurationError: the rows, the template or an option are not valid.
    """
    call, own, api_key = _split(options)
    # Rows are independent of each other, and of what was asked before.
    if call.get("history") is None:
        call.setdefault("fresh", True)
    found = rows_of(rows)
    prompts = prompts_for(found, template, notebook=notebook or Notebook(), with_blocks=with_blocks)
    plan = BatchPlan(found, prompts, template or "", own, call, api_key)
    _check(plan)
    return plan


def sample_plan(prompt: str, act: Act | None, options: BatchOptions) -> BatchPlan:
    """Return the plan of samples of one prompt.

    Raises:
        ConfigurationError: the prompt or an option is not valid.
    """
    call, own, api_key = _split(options)
    if act is not None:
        prompt = act.turn.prompt
    rows = [{TEXT_COLUMN: prompt}]
    acts = () if act is None else (act,)
    plan = BatchPlan(rows, [prompt], prompt, own, call, api_key, acts, is_sample=True)
    _check(plan)
    return plan


def acts_plan(
    acts: Sequence[Act], options: StudyOptions, *, n: int, notice: str, spent: Spent
) -> BatchPlan:
    """Return the plan of `n` samples of each act; none of them is kept as an attempt.

    Raises:
        ConfigurationError: an option is not valid.
    """
    for name in options:
        # With several models or a vote, a study would mix what it compares.
        if name not in _STUDY_OPTIONS:
            raise unknown_setting(name, _STUDY_OPTIONS)
    # A copy, since the key is taken out of it, and a study may ask in several stages.
    whole: Any = {**options, "n": n}
    call, own, api_key = _split(whole)
    call["fresh"] = True
    # A row is shown by what differs: how much of the reasoning it is given.
    rows = [{"given": f"{(act.parent.step or 1) - 1} steps"} for act in acts]
    prompts = [act.turn.prompt for act in acts]
    plan = BatchPlan(
        rows, prompts, prompts[0], own, call, api_key, tuple(acts), notice=notice, spent=spent
    )
    _check(plan)
    return plan


def _split(options: BatchOptions) -> tuple[CallOptions, BatchOptions, ApiKey | None]:
    """Return the options of each request, those of the batch, and the key."""
    # Wrapped first: a traceback that prints locals must not print a key.
    api_key = as_api_key(options.pop("api_key", None))
    call: Any = {name: value for name, value in options.items() if name not in _OWN}
    if "advisors" in call:
        # Read once for all requests: they may be an iterator.
        call["advisors"] = tuple(call["advisors"])
    own: Any = {name: value for name, value in options.items() if name in _OWN}
    hide_headers(call)
    require_known(call, further=_OWN)
    return call, own, api_key


def _check(plan: BatchPlan) -> None:
    n, models, budget = plan.n, plan.options.get("models"), plan.budget
    # `type`, which does not accept True as a number.
    if not (type(n) is int and n >= 1):
        raise ConfigurationError(f"n is {n!r}. Use a number of samples, 1 or more.")
    if models is not None:
        if isinstance(models, str) or not all(isinstance(name, str) for name in models):
            raise ConfigurationError(
                f'models is {models!r:.80}. Use a list of names, such as ["a", "b"].'
            )
        if plan.call.get("model") is not None:
            raise ConfigurationError("model and models cannot be combined. Use one of them.")
        if len(set(models)) < len(list(models)):
            raise ConfigurationError("models has a name twice. Use n for further samples.")
    if budget is not None and not isinstance(budget, Budget):
        raise ConfigurationError(f"budget is {budget!r:.80}. Use Budget(tokens=100_000).")
    if len(plan.rows) * len(plan.models) * n > MAX_SAMPLES:
        raise ConfigurationError(
            f"That is {len(plan.rows) * len(plan.models) * n:,} samples, and one batch has at "
            f"most {MAX_SAMPLES:,}. Split the table."
        )
    _check_objects(plan)
    # Checked here, where nothing is sent yet.
    plan.rules()
    checked_prices(plan.options.get("prices"))


def _check_objects(plan: BatchPlan) -> None:
    options = plan.options
    executor, store = options.get("executor"), options.get("store")
    on_turn: Any = options.get("on_turn")
    if executor is not None:
        if plan.acts:
            raise ConfigurationError("Workers cannot go on from a step. Leave executor out.")
        if not callable(getattr(executor, "submit", None)):
            raise ConfigurationError(
                f"executor is {executor!r:.80}. Use one of concurrent.futures, or of Dask."
            )
        require_one_worker_each(executor)
    if not isinstance(store, (str, Path, type(None))):
        raise ConfigurationError(f"store is {store!r:.80}. Use the path of a file.")
    if on_turn is not None and (not callable(on_turn) or iscoroutinefunction(on_turn)):
        raise ConfigurationError(
            f"on_turn is {on_turn!r:.80}. Use a function that is not async, or map_stream."
        )
