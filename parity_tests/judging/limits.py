"""The limits of an implementation: what it declares not to do, so that the judge neither draws nor judges it."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

from parity_tests.judging.refused import BadInput, did_you_mean

DTYPES = ("float64", "float32")
LARGEST = 6  # the most steps and examples of short cases; min_T and min_B may not exceed it


@dataclass(frozen=True)
class Limits:
    """What an implementation does not do; without arguments it does everything.

    Attributes
    ----------
    dtypes : tuple of str
        The dtypes that it computes in, of "float64" and "float32".
    min_T, min_B : int
        The smallest number of steps and of examples.
    one_example : bool
        It computes one example at a time: B is 1.
    one_hot : bool
        Each input x_t is a one-hot column, because the code takes integers.
    zero_h_init, zero_c_init : bool
        The initial state is always 0.
    zero_b : bool
        An RNN has no bias: b is 0.
    no_dc : bool
        `backward` takes no dc; ∂L/∂c_T from outside is 0.
    last_step_only : bool
        `backward` takes ∂L/∂h of the last step only: dh is 0 before.
    clip : float or None
        Gradients are clipped to ± this number, or to this norm; the judge keeps them below.
    truncation : int or None
        Backpropagation ends after this number of steps; T is at most this.
    biases : bool
        The last input of every step is 1, so that the last column of each M, or of U, is a bias vector.
    """

    dtypes: tuple[str, ...] = DTYPES
    min_T: int = 0
    min_B: int = 0
    one_example: bool = False
    one_hot: bool = False
    zero_h_init: bool = False
    zero_c_init: bool = False
    zero_b: bool = False
    no_dc: bool = False
    last_step_only: bool = False
    clip: float | None = None
    truncation: int | None = None
    biases: bool = False

    def not_judged(self, kind: str) -> list[str]:
        """Returns, in words, what the limits exclude from the verdict."""
        if kind == "readout":
            return [dtype for dtype in DTYPES if dtype not in self.dtypes]
        excluded = {
            **{dtype: dtype not in self.dtypes for dtype in DTYPES},
            "T = 0": self.min_T == 1,
            f"T < {self.min_T}": self.min_T > 1,
            "B = 0": self.min_B == 1 and not self.one_example,
            f"B < {self.min_B}": self.min_B > 1,
            "B other than 1": self.one_example,
            "inputs that are not one-hot": self.one_hot,
            "h_init other than 0": self.zero_h_init,
            "c_init other than 0": self.zero_c_init,
            "b": self.zero_b,
            "dc": self.no_dc,
            "dh before the last step": self.last_step_only,
            f"clipping at {self.clip:g}" if self.clip else "": bool(self.clip),
            f"more than {self.truncation} steps": bool(self.truncation),
            "biases": kind == "lstm" and not self.biases,
        }
        return [words for words, applies in excluded.items() if applies]


ONLY = {"zero_c_init": "lstm", "no_dc": "lstm", "zero_b": "rnn"}
FLAGS = [field.name for field in fields(Limits) if isinstance(field.default, bool)]


def parse(kind: str, given: Any) -> Limits:
    """Returns the checked limits of a dict such as {"dtypes": ["float64"], "min_T": 1}, or of None.

    Raises BadInput, with one line that names the limit, for an unknown name, a wrong value, or limits that contradict
    each other or the kind.
    """
    if given is None or isinstance(given, Limits):
        return given or Limits()
    if not isinstance(given, Mapping):
        raise BadInput(f"LIMITS: expected a dict, got {type(given).__name__}")
    names = [field.name for field in fields(Limits)] if kind != "readout" else ["dtypes"]
    for name in given:
        if name not in names:
            raise BadInput(
                f"LIMITS: expected names of {', '.join(names)}, got {name!r}{did_you_mean(str(name), names)}"
            )
        if ONLY.get(name, kind) != kind:
            raise BadInput(f"LIMITS: expected {name!r} for an {ONLY[name]} only, got it for an {kind}")
    limits = Limits(**{name: checked(name, value) for name, value in given.items()})
    check_together(limits)
    return limits


def checked(name: str, value: Any) -> Any:
    """Returns the value of one limit in its proper type; raises BadInput if it is not as described."""

    def refuse(expected: str) -> BadInput:
        return BadInput(f"LIMITS: expected {name!r} to be {expected}, got {value!r}")

    if name == "dtypes":
        listed = [value] if isinstance(value, str) else list(value) if isinstance(value, list | tuple | set) else []
        if not listed or any(dtype not in DTYPES for dtype in listed):
            raise refuse('a list of "float64" and "float32"')
        return tuple(dtype for dtype in DTYPES if dtype in listed)
    if name in FLAGS:
        if not isinstance(value, bool):
            raise refuse("True or False")
        return value
    if name == "clip":
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < math.inf:
            raise refuse("a finite number above 0")
        return float(value)
    low, high = (1, math.inf) if name == "truncation" else (0, LARGEST)
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise refuse(f"a whole number {f'from {low} to {high}' if high < math.inf else f'of {low} or more'}")
    return value


def check_together(limits: Limits) -> None:
    """Raises BadInput if two limits contradict each other."""
    contradictions = {
        "'one_example' and 'min_B' above 1": limits.one_example and limits.min_B > 1,
        "'min_T' above 'truncation'": limits.truncation is not None and limits.min_T > limits.truncation,
    }
    for words, applies in contradictions.items():
        if applies:
            raise BadInput(f"LIMITS: expected limits that can hold together, got {words}")


def possible_limits(kind: str) -> Iterator[tuple[str, Any]]:
    """Each limit of a kind with a value that an exception of the implementation may call for."""
    yield from (("min_T", 1), ("min_B", 1), ("dtypes", ("float64",)), ("dtypes", ("float32",)))
    yield from ((name, True) for name in FLAGS if ONLY.get(name, kind) == kind and name != "biases")
