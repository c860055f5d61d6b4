"""Wrong states of a basic RNN and their causes: known errors of `numpy_rnn`, and further ones that learners make."""

from collections.abc import Callable, Iterator, Sequence
from types import ModuleType

import numpy as np

from parity_tests.cases.recurrences import Case
from parity_tests.judging.known_errors import known_errors, with_error

# The share of the largest number up to which two arrays of float64 count as equal.
SAME = 1e-7

States = Callable[[Case], np.ndarray]


def likely_cause(cases: Sequence[Case], found: Sequence[np.ndarray]) -> str:
    """The words of the first error that gives these states (T+1, H, B) for all cases; empty if there is none."""
    for words, states in candidates():
        try:
            with np.errstate(all="ignore"):
                if all(same(states(case), h) for case, h in zip(cases, found, strict=True)):
                    return words
        except ValueError:  # shapes that do not fit
            continue
    return ""


def same(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether two arrays are equal up to rounding."""
    return bool(np.all(np.abs(one - other) <= SAME * max(np.abs(other).max(), 1e-30)))


def candidates() -> Iterator[tuple[str, States]]:
    """Each possible cause in words, with the states that it leads to."""
    for words, step in STEPS.items():
        yield words, by_steps(step)
    yield "tanh is applied once, after the loop: it belongs into every step", tanh_at_the_end
    yield "`call` returns after the first step: `return h` belongs after the loop", first_step_alone
    yield "`call` takes the steps of x from the last to the first", backwards
    for error in known_errors("rnn"):
        if "(1.1)" in error.old or "(1.2)" in error.old or "x_t" in error.old:
            yield error.cause, of_module(with_error(error))


def of_module(module: ModuleType) -> States:
    """The states that a module like `numpy_rnn.rnn` computes."""
    return lambda case: module.forward(case.params, case.x, case.initial[0]).h


def by_steps(step: Callable[..., np.ndarray]) -> States:
    """The states that a step gives; its arguments are a_t, h_{t-1}, h_init, and b, W, U and x_t."""

    def states(case: Case) -> np.ndarray:
        b, W, U = case.params
        h_init = np.broadcast_to(case.initial[0], case.dh.shape[1:])
        h = [h_init]
        for x_t in case.x:
            h.append(step(b + W @ h[-1] + U @ x_t, h[-1], h_init, b, W, U, x_t))
        return np.stack(h)

    return states


def tanh_at_the_end(case: Case) -> np.ndarray:
    """The states of a loop without tanh, each with tanh applied to it."""
    h = by_steps(lambda a, *_: a)(case)
    return np.concatenate([h[:1], np.tanh(h[1:])])


def first_step_alone(case: Case) -> np.ndarray:
    """The state after the first step, for any number of steps."""
    h = by_steps(lambda a, *_: np.tanh(a))(case)
    return np.concatenate([h[:1], np.broadcast_to(h[1:2], case.dh.shape)])


def backwards(case: Case) -> np.ndarray:
    """The states after the first t inputs in reverse order."""
    right = by_steps(lambda a, *_: np.tanh(a))
    return np.stack([right(case._replace(x=case.x[:t][::-1]))[-1] for t in range(len(case.x) + 1)])


def softmax(a: np.ndarray, axis: int) -> np.ndarray:
    """Softmax along an axis."""
    return np.exp(a) / np.exp(a).sum(axis=axis, keepdims=True)


# What a step computes in place of tanh(a).
STEPS: dict[str, Callable[..., np.ndarray]] = {
    "h is not updated: each step begins with h_init. Assign tanh(a) to h itself": lambda a, h, h_init, b, W, U, x: (
        np.tanh(b + W @ h_init + U @ x)
    ),
    "h remains h_init. Assign tanh(a) to h": lambda a, h, *_: h,
    "tanh is applied to h in place of a in (1.2)": lambda a, h, *_: np.tanh(h),
    "b is missing in (1.1)": lambda a, h, h_init, b, *_: np.tanh(a - b),
    "W and U are exchanged in (1.1)": lambda a, h, h_init, b, W, U, x: np.tanh(b + U @ h + W @ x),
    "U is transposed in (1.1)": lambda a, h, h_init, b, W, U, x: np.tanh(b + W @ h + U.T @ x),
    "b is subtracted in (1.1)": lambda a, h, h_init, b, *_: np.tanh(a - 2 * b),
    "softmax is used in place of tanh in (1.2)": lambda a, *_: softmax(a, 0),
    "tan is used in place of tanh in (1.2)": lambda a, *_: np.tan(a),
    "sinh is used in place of tanh in (1.2)": lambda a, *_: np.sinh(a),
    "cosh is used in place of tanh in (1.2)": lambda a, *_: np.cosh(a),
    "arctanh is used in place of tanh in (1.2)": lambda a, *_: np.arctanh(a),
    "the derivative 1 - tanh(a)² is used in place of tanh(a) in (1.2)": lambda a, *_: 1 - np.tanh(a) ** 2,
    "tanh(a) is multiplied by h_{t-1} in (1.2)": lambda a, h, *_: h * np.tanh(a),
    "-tanh(a) is used in place of tanh(a) in (1.2)": lambda a, *_: -np.tanh(a),
    "b is added to tanh(a) in (1.2), although a contains it": lambda a, h, h_init, b, *_: np.tanh(a) + b,
    "a is added to tanh(a) in (1.2)": lambda a, *_: a + np.tanh(a),
}
