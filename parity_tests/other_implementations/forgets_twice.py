"""An LSTM with a bug, to show how the tests report it: its forget gate is also applied to the new part of c.

    python -m pytest -m "not tensorflow" --implementation lstm=parity_tests.other_implementations.forgets_twice

fails, among others, with `c: expected … ± …, got … at t = 1, entry (…)`.
"""

from functools import partial

from parity_tests.other_implementations import batch_first
from parity_tests.other_implementations.batch_first import LSTM, backward

__all__ = ["backward", "forward"]


class ForgetsTwice(LSTM):
    """The LSTM with the bug in `next_c`."""

    def next_c(self, i, f, u, c):
        """A wrong form of equation (2.5)."""
        return f * (c + i * u)


forward = partial(batch_first.forward, network=ForgetsTwice)
