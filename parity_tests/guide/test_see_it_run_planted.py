"""Does the comparison with numpy_rnn catch errors in the page's own equations?"""

import numpy as np
import pytest

from parity_tests.cases.recurrences import PINNED_SPECS, CaseSpec
from parity_tests.guide.browser import opened
from parity_tests.guide.page_results import assert_same
from parity_tests.implementations import OURS

RECURRENCES = {one.kind: one for one in OURS[:2]}
SPECS = [*PINNED_SPECS, CaseSpec(6, 5, 4, 1, 2, seed=1)]
ERRORS = [
    ("rnn", "rnn.js", "times(W, h[t - 1])", "timesT(W, h[t - 1])"),
    ("rnn", "rnn.js", "each(Math.tanh, a[t])", "each(sigmoid, a[t])"),
    ("rnn", "rnn.js", "dh_next = timesT(W, da_t[t])", "dh_next = times(W, da_t[t])"),
    ("rnn", "rnn.js", "outside + through.h * next", "outside"),
    ("rnn", "rnn.js", "dh * (1 - h * h)", "dh * (1 - h)"),
    ("rnn", "rnn.js", "addOuter(dW, da_t[t], h[t - 1])", "addOuter(dW, da_t[t], h[t])"),
    ("lstm", "lstm.js", "i * u + f * c, i[t], u[t], f[t], c[t - 1]", "i * u + f * c, i[t], u[t], f[t], c[0]"),
    ("lstm", "lstm.js", "o * Math.tanh(c)", "o * c"),
    ("lstm", "lstm.js", " + through.c * next", ""),
    ("lstm", "lstm.js", "dh * o * (1 - tanh_c * tanh_c)", "dh * o * (1 - tanh_c)"),
    ("lstm", "lstm.js", "(dc, c) => dc * c, dc_t[t], c[t - 1]", "(dc, c) => dc * c, dc_t[t], c[t]"),
    ("lstm", "lstm.js", "du * (1 - u * u)", "du * u * (1 - u)"),
    ("lstm", "lstm.js", "addOuter(dM[g], da_t[g][t], z[t])", "addOuter(dM[g], da_t.i[t], z[t])"),
    ("lstm", "lstm.js", "(dc, f) => dc * f", "(dc, f) => dc"),
]


def compare(page, kind):
    for spec in SPECS:
        assert_same(page, RECURRENCES[kind], spec, np.float64)


@pytest.mark.parametrize(("kind", "file", "old", "new"), ERRORS)
def test_an_error_is_caught(browser, kind, file, old, new):
    with opened(browser, planted=(file, old, new)) as page, pytest.raises(AssertionError, match="off by"):
        compare(page, kind)


@pytest.mark.parametrize("kind", RECURRENCES)
def test_the_page_as_it_is_passes(shared_page, kind):
    compare(shared_page, kind)
