"""An LSTM with a bug, to show how the judge reports it: its forget gate is also applied to the new part of c.

    python -m parity_tests lstm parity_tests/other_implementations/forgets_twice.py

calls it wrong and names c first, with equation (2.5) and t = 1.
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
