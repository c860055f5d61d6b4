"""The implementation under test: called with copies of the arrays, its results checked and named."""

import warnings
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from numpy_rnn import lstm, readout, rnn
from parity_tests.cases.recurrences import STATES, Case
from parity_tests.judging.drawing import AnyCase, ReadoutCase
from parity_tests.judging.limits import Limits
from parity_tests.judging.refused import BadInput, Raised, did_you_mean, one_line
from parity_tests.oracles.specification import OUTPUTS

KINDS = ("rnn", "lstm", "readout")
FUNCTIONS: dict[str, tuple[str, ...]] = dict.fromkeys(KINDS, ("forward", "backward"))
FUNCTIONS["readout"] += ("cross_entropy",)
PARAM_NAMES = {"rnn": rnn.Params._fields, "lstm": lstm.Params._fields, "readout": readout.Params._fields}
OTHERS = {kind: ["x", *STATES[kind]] for kind in STATES} | {"readout": ["h"]}
# The axes of each quantity, as messages show them.
AXES = {
    **dict.fromkeys(["h", "c"], ("T+1", "H", "B")),
    **dict.fromkeys(["i", "f", "o", "u"], ("T", "H", "B")),
    **dict.fromkeys(["dh_init", "dc_init"], ("H", "B")),
    **dict.fromkeys([f"d{name}" for name in lstm.Params._fields], ("H", "H+I")),
    "dx": ("T", "I", "B"),
    "db": ("H", "1"),
    "dW": ("H", "H"),
    "dU": ("H", "I"),
    "y": ("C", "B"),
    "loss": (),
    "dd": ("C", "1"),
    "dV": ("C", "H"),
    "dh": ("H", "B"),
}

Arrays = dict[str, np.ndarray]


@dataclass
class Subject:
    """An implementation of a kind: its functions and limits, and the warnings that it has raised so far."""

    kind: str
    name: str
    functions: dict[str, Callable[..., Any]]
    limits: Limits
    params_type: Any = None  # the implementation's own class Params, if it has one like that of numpy_rnn
    warnings: Counter[str] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)
    present: set[str] = field(default_factory=set)

    def with_limits(self, **limits: Any) -> "Subject":
        """The same implementation with these limits in addition, and without warnings so far."""
        limited = replace(self.limits, **limits)
        return Subject(self.kind, self.name, self.functions, limited, self.params_type)

    def outputs(self, case: AnyCase) -> Arrays:
        """Calls `forward`, and `cross_entropy` of a read-out; returns copies of the arrays by name.

        Raises BadInput for a result of another type or shape, and Raised if a function raises an exception.
        """
        if isinstance(case, ReadoutCase):
            y = self.call("forward", *self.copies([case.params, case.h]))
            loss = self.call("cross_entropy", *self.copies([case.params, case.h, case.labels]))
            return self._checked(case, {"y": y, "loss": loss})
        return self._outputs(case, self.call("forward", *self.copies([case.params, case.x, *case.initial])))

    def results(self, case: AnyCase) -> Arrays:
        """Calls `forward` and `backward`; returns copies of outputs and gradients by name, without those that are None.

        Raises as `outputs` does.
        """
        if isinstance(case, ReadoutCase):
            gradients = self.call("backward", *self.copies([case.params, case.h, case.labels]))
            return self.outputs(case) | self._gradients(case, gradients)
        trace, arguments = self.traced(case)
        return self._outputs(case, trace) | self._gradients(case, self.call("backward", *arguments))

    def traced(self, case: Case) -> tuple[Any, list[Any]]:
        """The result of `forward`, and the arguments for `backward`."""
        trace = self.call("forward", *self.copies([case.params, case.x, *case.initial]))
        upstream = [case.dh] if self.limits.no_dc else [case.dh, *case.dc]
        return trace, [*self.copies([case.params]), trace, *self.copies(upstream)]

    def changed_arguments(self, case: Case) -> str | None:
        """The first argument that a function changes, in words, or None."""
        given = {"params": case.params, "x": case.x, **case.states}
        arguments = self.copies(list(given.values()))
        self.call("forward", *arguments)
        for (name, before), after in zip(given.items(), arguments, strict=True):
            if differ(before, after):
                return f"forward writes into {name}; let it change a copy"
        _, arguments = self.traced(case)
        self.call("backward", *arguments)
        given = {"params": case.params, "trace": None, "dh": case.dh, "dc": case.dc[0] if case.dc else None}
        for (name, before), after in zip(given.items(), arguments, strict=False):
            if name != "trace" and differ(before, after):
                return f"backward writes into {name}; let it change a copy"
        return None

    def copies(self, arguments: list[Any]) -> list[Any]:
        """Copies of arrays in C order, and of parameters in the implementation's own class."""
        return [
            (self.params_type or type(one))(*map(np.array, one)) if isinstance(one, tuple) else np.array(one)
            for one in arguments
        ]

    def call(self, function: str, *arguments: Any) -> Any:
        """Calls a function; counts its warnings, and raises Raised, with one line, for any exception."""
        with warnings.catch_warnings(record=True) as caught, np.errstate(all="warn", under="ignore"):
            warnings.simplefilter("always")
            try:
                return self.functions[function](*arguments)
            except (Exception, SystemExit) as error:
                text = one_line(str(error))
                raise Raised(f"{function} raises {type(error).__name__}{f': {text}' if text else ''}") from error
            finally:
                self.warnings.update(f"{one.category.__name__}: {one_line(str(one.message), 100)}" for one in caught)

    def _outputs(self, case: Case, trace: Any) -> Arrays:
        if part_of(trace, "h") is None:
            raise BadInput(f"forward: expected a result with h, got {type(trace).__name__} without h")
        return self._checked(case, {name: part_of(trace, name) for name in OUTPUTS[self.kind]})

    def _gradients(self, case: AnyCase, result: Any) -> Arrays:
        known = gradient_names(self.kind)
        params, others = PARAM_NAMES[self.kind], OTHERS[self.kind]
        if isinstance(result, Mapping):
            for name in result:
                if name not in known:
                    names = ", ".join(known)
                    raise BadInput(f"backward: expected names of {names}, got {name!r}{did_you_mean(str(name), known)}")
            values = {name: result.get(name) for name in known}
        elif hasattr(result, "params"):
            values = {f"d{name}": part_of(result.params, name) for name in params}
            values |= {f"d{name}": part_of(result, name) for name in others}
        elif any(hasattr(result, name) for name in known):
            values = {name: part_of(result, name) for name in known}
        else:
            raise BadInput(
                f"backward: expected a dict with {', '.join(known)}, or an object with these fields, "
                f"got {type(result).__name__}"
            )
        return self._checked(case, values)

    def _checked(self, case: AnyCase, values: dict[str, Any]) -> Arrays:
        """Copies of the arrays that are not None, after checks of type and shape."""
        sizes, dtype = sizes_of(case), case.params[0].dtype
        checked = {}
        for name, value in values.items():
            if value is None:
                continue
            self.present.add(name)
            if name == "loss" and isinstance(value, float):
                value = np.asarray(value)
            if not isinstance(value, np.ndarray | np.floating):
                raise BadInput(f"{name}: expected a NumPy array, got {type(value).__name__}")
            shape = tuple(sizes[axis] - (self.limits.biases and name == "dx" and axis == "I") for axis in AXES[name])
            if value.shape != shape:
                axes, hint = ", ".join(AXES[name]), hint_on_shape(name, value.shape, shape)
                raise BadInput(f"{name}: expected the shape ({axes}) = {shape}, got {value.shape}{hint}")
            if value.dtype.kind != "f":
                raise BadInput(f"{name}: expected real floating-point numbers, got dtype {value.dtype}")
            if value.dtype != dtype and name != "loss":
                self.notes[f"{dtype} arguments give {value.dtype} results"] += 1
            checked[name] = np.array(value)
        return checked


def gradient_names(kind: str) -> list[str]:
    """The names of all gradients of a kind, such as dW."""
    return [f"d{name}" for name in (*PARAM_NAMES[kind], *OTHERS[kind])]


def sizes_of(case: AnyCase) -> dict[str, int]:
    """The length of each axis in `AXES`."""
    if isinstance(case, ReadoutCase):
        C, H = case.params.V.shape
        return {"C": C, "H": H, "B": case.h.shape[1], "1": 1}
    (T, H, B), I = case.dh.shape, case.x.shape[1]
    return {"T+1": T + 1, "T": T, "H": H, "B": B, "I": I, "H+I": H + I, "1": 1}


def hint_on_shape(name: str, got: tuple[int, ...], expected: tuple[int, ...]) -> str:
    """What a frequent wrong shape probably means, or an empty text."""
    if name in ("h", "c") and got == (expected[0] - 1, *expected[1:]):
        return f"; {name}[0] has to be {name}_init"
    if name == "db" and got == (expected[0],):
        return "; keep the axis: sum(axis=1, keepdims=True)"
    if sorted(got) == sorted(expected):
        return "; its axes are in another order"
    if name == "db" and len(got) == 2 and got[0] == expected[0]:
        return "; db sums over the batch"
    return ""


def differ(before: Any, after: Any) -> bool:
    """Whether two arrays, or tuples of arrays, differ in a bit."""
    if isinstance(before, tuple):
        return any(differ(one, other) for one, other in zip(before, after, strict=True))
    return before.tobytes() != after.tobytes()


def part_of(result: Any, name: str) -> Any:
    """The part of a result, an entry of a dict or a field of an object; None if it has none."""
    return result.get(name) if isinstance(result, Mapping) else getattr(result, name, None)
