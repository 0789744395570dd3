"""The methods of a session that study one reasoning by asking the model again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Unpack

from qwq_magic.session.batches import Batches
from qwq_magic.turns import Turn

if TYPE_CHECKING:
    # These are imported with the first study: %load_ext creates a session and must be fast.
    from qwq_magic.session.batch_plan import StudyOptions
    from qwq_magic.session.batch_run import BatchRun
    from qwq_magic.steering import Act
    from qwq_magic.studies import Importance, Probes, StudyCost


class Studies(Batches):
    """The methods of `Session` that study one reasoning.

    What they ask is not part of any conversation. With a store, or if the same study runs again
    in this session, only what is missing is asked.
    """

    def probe(
        self,
        turn: Turn,
        *,
        n: int = 12,
        samples: int = 1,
        max_tokens: int = 16,
        answer: str | None = None,
        **options: Unpack[StudyOptions],
    ) -> Probes:
        r"""Ask for a short answer at places along a reasoning: when would it have answered so?

        The given text grows from place to place, so that a server with a prefix cache reads most
        of it once. A notebook shows the cost before anything is sent; see `probe_cost`.

        Args:
            turn: the turn; it is not changed.
            n: at how many ends of steps, from no reasoning at all to all of it.
            samples: how many answers at each; with one, the temperature is 0 unless
                `parameters` has another.
            max_tokens: the most tokens of an answer.
            answer: what the answer begins with; None for "The final answer is \boxed{" in the
                language of the turn.
            options: see `StudyOptions` and `CallOptions`.

        Raises:
            QwqError: the turn has no reasoning, or a setting is wrong. An answer that fails is a
                probe without a value.
        """
        from qwq_magic.studies.probes import probes_of

        acts, run = self._start_probe(turn, n, samples, max_tokens, answer, options)
        batch = run.wait()
        return probes_of(turn, acts, batch, notes=(batch.ending, batch.warning))

    async def probe_async(
        self,
        turn: Turn,
        *,
        n: int = 12,
        samples: int = 1,
        max_tokens: int = 16,
        answer: str | None = None,
        **options: Unpack[StudyOptions],
    ) -> Probes:
        """Probe from async code; see `probe`."""
        from qwq_magic.studies.probes import probes_of

        acts, run = self._start_probe(turn, n, samples, max_tokens, answer, options)
        batch = await run.wait_async()
        return probes_of(turn, acts, batch, notes=(batch.ending, batch.warning))

    def probe_cost(
        self, turn: Turn, *, n: int = 12, samples: int = 1, max_tokens: int = 16
    ) -> StudyCost:
        """Return what `probe` would cost, ≈; nothing is sent.

        Raises:
            ConfigurationError: the turn has no reasoning, or a number is not valid.
        """
        from qwq_magic.studies.probes import probe_acts, probe_cost

        return probe_cost(turn, probe_acts(turn, n, None), samples, max_tokens)

    def _start_probe(
        self,
        turn: Turn,
        n: int,
        samples: int,
        max_tokens: int,
        answer: str | None,
        options: StudyOptions,
    ) -> tuple[Sequence[Act], BatchRun]:
        from qwq_magic.studies.probes import probe_acts, probe_cost

        acts = probe_acts(turn, n, answer)
        cost = probe_cost(turn, acts, samples, max_tokens)
        # The likeliest answer, where only one is asked for.
        exact = {"temperature": 0} if samples == 1 else {}
        own: Any = options.get("parameters") or {}
        # What the user chose takes precedence over both; what is not a mapping is refused later.
        given = {**exact, "max_tokens": max_tokens, **own} if isinstance(own, Mapping) else own
        options["parameters"] = given
        return acts, self._start_acts(acts, options, n=samples, notice=f"Probing: {cost}.")

    def importance(
        self,
        turn: Turn,
        *,
        samples: int = 10,
        cuts: int = 11,
        rounds: int = 4,
        value: str | None = None,
        **options: Unpack[StudyOptions],
    ) -> Importance:
        """Sample the rest of a reply again from cuts: which part moved the answer, and how much?

        After the coarse cuts, the segment with the largest effect is halved, until it is a single
        step, no effect is distinguishable from none, or `rounds` are used up. A notebook shows
        the cost before anything is sent; see `importance_cost`.

        Args:
            turn: the turn; it is not changed.
            samples: how many replies from each cut. Ten find the tenth of a reasoning that moves
                the answer most in 62 % of cases, 20 in 74 % (Thought Anchors data).
            cuts: how many coarse cuts, the beginning and the end among them.
            rounds: the most cuts that are added.
            value: the value whose share of samples is measured, such as the right answer, in any
                of its spellings; None for the turn's own.
            options: see `StudyOptions` and `CallOptions`.

        Raises:
            QwqError: the turn has no reasoning or no value, or a setting is wrong.
        """
        from qwq_magic.studies.importance_study import ImportanceStudy

        study = ImportanceStudy(turn, samples=samples, cuts=cuts, rounds=rounds, value=value)
        cost = self.importance_cost(turn, samples=samples, cuts=cuts, rounds=rounds)
        notice = f"Importance: {cost}."
        # Each stage is a batch of its own, since what it asks depends on the stage before.
        while study.acts:
            run = self._start_acts(study.acts, options, n=samples, notice=notice, spent=study.spent)
            study.take(run.wait())
            # The cost was that of all stages.
            notice = ""
        return study.result

    async def importance_async(
        self,
        turn: Turn,
        *,
        samples: int = 10,
        cuts: int = 11,
        rounds: int = 4,
        value: str | None = None,
        **options: Unpack[StudyOptions],
    ) -> Importance:
        """Measure the importance from async code; see `importance`."""
        from qwq_magic.studies.importance_study import ImportanceStudy

        study = ImportanceStudy(turn, samples=samples, cuts=cuts, rounds=rounds, value=value)
        while study.acts:
            run = self._start_acts(study.acts, options, n=samples, spent=study.spent)
            study.take(await run.wait_async())
        return study.result

    def importance_cost(
        self, turn: Turn, *, samples: int = 10, cuts: int = 11, rounds: int = 4
    ) -> StudyCost:
        """Return what `importance` would cost at most, ≈; nothing is sent.

        Raises:
            ConfigurationError: the turn has no reasoning, or a number is not valid.
        """
        from qwq_magic.studies.importance_study import importance_cost

        return importance_cost(turn, samples=samples, cuts=cuts, rounds=rounds)
