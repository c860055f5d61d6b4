"""An LSTM with a mistake, to see what the tests say of it: its forget gate takes from the new part of c as well.

    python -m pytest -m "not tensorflow" --implementation lstm=parity_tests.other_implementations.forgets_twice

answers, among others, with `c: expected … ± …, got … at t = 1, entry (…)`.
"""

from functools import partial

from parity_tests.other_implementations import batch_first
from parity_tests.other_implementations.batch_first import LSTM, backward

__all__ = ["backward", "forward"]


class ForgetsTwice(LSTM):
    """The mistake."""

    def next_c(self, i, f, u, c):
        """Not (2.5)."""
        return f * (c + i * u)


forward = partial(batch_first.forward, network=ForgetsTwice)
