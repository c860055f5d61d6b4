"""Proof that numpy_rnn and tf_rnn compute the same, and a judge of other implementations."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from parity_tests.judging.verdict import Verdict

ROOT = Path(__file__).resolve().parent.parent


def judge(
    kind: str, forward: Any, backward: Any = None, *, limits: Any = None, depth: str = "quick", **functions: Any
) -> "Verdict":
    """Tests an implementation of an RNN or an LSTM, and returns the verdict.

    `docs/test-your-own-code.md` describes the functions, their arguments and results, and the limits.

    Parameters
    ----------
    kind : str
        "rnn", "lstm" or "readout".
    forward : callable, module or object
        The function `forward(params, x, h_init)` or, for an LSTM, `forward(params, x, h_init, c_init)`; or, if
        `backward` is not given, a module or an object with both functions and perhaps LIMITS.
    backward : callable, optional
        The function `backward(params, trace, dh)` or, for an LSTM, `backward(params, trace, dh, dc)`.
    limits : dict, optional
        What the implementation does not do, such as {"dtypes": ["float64"], "min_T": 1}.
    depth : str, optional
        "quick", "default" or "thorough": how many cases are drawn.
    **functions : callable
        Further functions: `cross_entropy` of a read-out.

    Returns
    -------
    Verdict
        Its `ending` and `exit_code` say whether the implementation is right in what it computes (0), wrong (1), or
        could not be judged (3); `print` shows it as text, and a notebook as a table.

    Raises
    ------
    BadInput
        A ValueError, with one line, if an argument or a result is not as described.
    """
    from parity_tests.judging.checks import DEPTHS
    from parity_tests.judging.judgement import judged
    from parity_tests.judging.loading import from_functions, from_module
    from parity_tests.judging.refused import BadInput, did_you_mean

    if depth not in DEPTHS:
        raise BadInput(f"depth: expected one of {', '.join(DEPTHS)}, got {depth!r}{did_you_mean(str(depth), DEPTHS)}")
    if backward is None and not callable(forward):
        subject = from_module(kind, forward, limits)
    else:
        name = str(getattr(forward, "__module__", "") or type(forward).__name__)
        subject = from_functions(kind, name, {"forward": forward, "backward": backward, **functions}, limits)
    return judged(subject, DEPTHS[depth])
