"""Many replies at once: samples of one prompt, a prompt for each row of a table, and their votes.

Below the session, which prepares each request; this package decides when it is sent, keeps what
has ended, and counts. It knows no server and no notebook.
"""

from qwq_magic.batch.batch import Batch, Sample
from qwq_magic.batch.budget import Budget
from qwq_magic.batch.progress import Lane, Progress
from qwq_magic.batch.votes import Vote, Votes

__all__ = ["Batch", "Budget", "Lane", "Progress", "Sample", "Vote", "Votes"]
