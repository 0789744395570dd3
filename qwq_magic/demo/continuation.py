"""What follows a given text in the demo: the rest of a recording, or one of its branches.

The given text is all there is to decide by, as it is for a server, and what was done to the
turn that it comes from. A text that is not the beginning of the recording was edited by the
user, or it ends within a branch that was stopped.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from qwq_magic.demo.branches import Branch, Branches
from qwq_magic.demo.missing import no_branches
from qwq_magic.demo.recordings import Recording, Reply
from qwq_magic.turns import Parent, Prefix

# Another way counts as finished from here on: it has reached its result.
_HAS_RESULT = 0.5
# Shorter agreement with a branch is a coincidence.
_LEAST_COMMON = 20
_ONCE_MORE = (
    "I should read the steps above once more, one by one. None of them changes, so the answer "
    "remains as it is."
)
# How often each turn was sampled again in this process, so that the ways take turns.
_TIMES_RESAMPLED: Counter[str] = Counter()


def following(recording: Recording, prefix: Prefix, parent: Parent | None) -> Reply:
    """Return what follows the given text.

    Raises:
        NoRecording: it takes a branch, and the recording has none.
    """
    given, kind = prefix.reasoning, parent.kind if parent else None
    if prefix.closed and kind == "probe":
        return Reply("", _value_of(_own_answer(recording, given)))
    if prefix.closed:
        return Reply("", _answer_after(recording, prefix))
    if recording.reasoning.startswith(given) and kind != "resample":
        return Reply(recording.reasoning[len(given) :], recording.answer)
    branches = _branches_of(recording)
    if parent is not None and kind == "resample":
        branch = _another_way(branches, given, parent)
    else:
        branch = _branch_after(recording, branches, given)
        # Only a reply that goes on where it was stopped can end within a branch. Several may begin
        # with the same words, and then it is the one that fits.
        stopped, at = _place_in((branch, *branches.branches), given)
        if stopped is not None and kind == "continue":
            return Reply(stopped.reasoning[at:], stopped.answer)
    return Reply(_lead(given, branch) + branch.reasoning, branch.answer)


def _branches_of(recording: Recording) -> Branches:
    if not recording.branches.branches:
        raise no_branches(recording)
    return recording.branches


def _answer_after(recording: Recording, prefix: Prefix) -> str:
    """The answer to the given reasoning, or the rest of the answer that is given."""
    begun, branches = prefix.answer, recording.branches
    own = _own_answer(recording, prefix.reasoning)
    if not begun:
        return own
    early = (text for _, text in branches.early_answers)
    answers = (own, recording.answer, *early, *(branch.answer for branch in branches.branches))
    for answer in answers:
        if answer.startswith(begun):
            return answer[len(begun) :]
    ending = _branches_of(recording).last_sentence
    if begun[-1].isspace():
        return ending
    return f"{' ' if begun[-1] in '.!?:' else ' … '}{ending}"


def _value_of(answer: str) -> str:
    """The value of an answer, "?" without one, and the brace that closes the box begun for it."""
    # Imported late, since most replies of the demo are not probes. "?" is an honest value: some
    # recordings, such as a proof, have none.
    from qwq_magic.reasoning.values import committed_value

    return f"{committed_value(answer) or '?'}}}"


def _own_answer(recording: Recording, given: str) -> str:
    """The answer that fits a reasoning."""
    share = _common(recording.reasoning, given) / len(recording.reasoning)
    if given.strip() == recording.reasoning:
        return recording.answer
    if recording.reasoning.startswith(given):
        return recording.branches.early_answer(share)
    branches = _branches_of(recording)
    branch, at = _place_in(branches.branches, given)
    if branch is None:
        return _branch_after(recording, branches, given).answer
    if branch.kind == "again" and at < _HAS_RESULT * len(branch.reasoning):
        return branches.early_answer(share)
    return branch.answer


def _another_way(branches: Branches, given: str, parent: Parent) -> Branch:
    """The next of the other ways, but not the one that the given text has taken already."""
    current, _ = _place_in(branches.of("again"), given)
    ways = [way for way in branches.of("again") if way is not current]
    times = _TIMES_RESAMPLED[parent.id]
    _TIMES_RESAMPLED[parent.id] += 1
    return ways[times % len(ways)]


def _branch_after(recording: Recording, branches: Branches, given: str) -> Branch:
    """The branch that follows a text which the user has changed or added to."""
    edit = branches.edit_for(_users_text(recording, branches, given))
    # A reasoning that is over is reopened, unless the user's words ask for something else.
    over = max(branches.branches, key=lambda branch: given.rfind(branch.reasoning))
    has_branch = over.reasoning in given
    if edit.words and not (has_branch and over is edit):
        return edit
    if has_branch and over.kind != "again":
        return Branch("think on", _ONCE_MORE, over.answer)
    if has_branch or given.startswith(recording.reasoning):
        return branches.check
    return edit


def _users_text(recording: Recording, branches: Branches, given: str) -> str:
    """What of the given text is the user's, as far as that can be seen."""
    text = given[_common(recording.reasoning, given) :]
    for branch in branches.branches:
        begin = text.find(branch.reasoning[:_LEAST_COMMON])
        if begin >= 0:
            end = begin + _common(branch.reasoning, text[begin:])
            text = f"{text[:begin]} {text[end:]}"
    return text


def _common(text: str, given: str) -> int:
    """How many characters both begin with, up to the beginning of a word."""
    pairs = enumerate(zip(text, given, strict=False))
    length = next((at for at, (a, b) in pairs if a != b), min(len(text), len(given)))
    # The user's first word may begin with the same letters as the recorded one.
    while 0 < length < len(given) and given[length - 1].isalnum() and given[length].isalnum():
        length -= 1
    return length


def _place_in(branches: Iterable[Branch], given: str) -> tuple[Branch | None, int]:
    """Return the branch within which the given text ends, and where; None and 0 for none."""
    found: Branch | None = None
    longest = 0
    for branch in branches:
        for length in range(min(len(given), len(branch.reasoning)), longest, -1):
            before = given[: len(given) - length]
            if given.endswith(branch.reasoning[:length]) and (not before or before[-1].isspace()):
                found, longest = branch, length
                break
    return found, longest


def _lead(given: str, branch: Branch) -> str:
    """What separates a branch from the text before it."""
    if not given or given[-1].isspace():
        return ""
    if branch.kind != "think on":
        return "\n\n"
    # “Wait” becomes “Wait, I should …”.
    return ", " if given[-1].isalnum() else " "
