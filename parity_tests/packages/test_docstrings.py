"""Does each public function document exactly its parameters and its result, in numpydoc's form?"""

import importlib
import inspect
import pkgutil
import re
from typing import Any

import pytest

import numpy_rnn

docstring_parser = pytest.importorskip(
    "docstring_parser", reason="needs docstring_parser, which is not installed: python -m pip install -e '.[dev]'"
)

# The checks of this module are documented by one sentence each, which names the parameters and says what is raised.
ONE_SENTENCE = "numpy_rnn.checks."


def callables_of(package):
    """The public functions and methods that a package defines, and its classes that take arguments, by name."""
    for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        yield from members(importlib.import_module(module.name), module.name)


def members(owner, module):
    for name, value in vars(owner).items():
        if name.startswith("_") or getattr(value, "__module__", None) != module:
            continue
        if inspect.isclass(value):
            yield from members(value, module)
            if value.__init__ is not object.__init__:
                yield f"{module}.{value.__qualname__}", value
        elif inspect.isfunction(value):
            yield f"{module}.{value.__qualname__}", value


def parameters_of(function):
    """The parameters' names, as numpydoc writes them, `**options` with its stars."""
    if inspect.isclass(function):
        function = function.__init__
    stars: dict[Any, str] = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}
    found = inspect.signature(function).parameters.values()
    return [stars.get(one.kind, "") + one.name for one in found if one.name != "self"]


def faults(function):
    """What is wrong with the docstring of a function."""
    parsed = docstring_parser.parse(function.__doc__ or "", docstring_parser.DocstringStyle.NUMPYDOC)
    documented = [name.strip() for one in parsed.params for name in one.arg_name.split(",")]
    found = [] if parsed.short_description else ["no summary"]
    if sorted(documented) != sorted(parameters_of(function)):
        found.append(f"parameters {parameters_of(function)}, documented {documented}")
    found += [f"no description of {one.arg_name}" for one in parsed.params if not one.description]
    if inspect.isclass(function):
        return found
    returns = inspect.signature(function).return_annotation not in (None, inspect.Signature.empty)
    if returns != bool(parsed.returns and parsed.returns.type_name and parsed.returns.description):
        found.append("a result without a description" if returns else "a description without a result")
    return found + [f"no description of {one.type_name}" for one in parsed.raises if not one.description]


def documents_in_one_sentence(name, function):
    """Whether a check is documented by one line that names its parameters, but for `name`, `low` and `high`."""
    lines = function.__doc__.strip().splitlines()
    told = all(f"`{one.lstrip('*')}`" in lines[0] or one in ("name", "low", "high") for one in parameters_of(function))
    return name.startswith(ONE_SENTENCE) and len(lines) == 1 and told


NUMPY = dict(callables_of(numpy_rnn))
LONG = {name: function for name, function in NUMPY.items() if not documents_in_one_sentence(name, function)}


@pytest.mark.parametrize("function", LONG.values(), ids=LONG)
def test_parameters_and_result_are_documented(function):
    assert faults(function) == []


def test_all_functions_are_seen():
    assert {"numpy_rnn.rnn.forward", "numpy_rnn.adam.step", "numpy_rnn.training.Training.next_epoch"} <= {*LONG}
    assert len(LONG) > 40


@pytest.mark.tensorflow
def test_parameters_and_result_of_the_keras_side_are_documented():
    functions = dict(callables_of(pytest.importorskip("tf_rnn")))
    assert {"tf_rnn.layers.LSTM", "tf_rnn.layers.LSTM.call", "tf_rnn.weights.from_numpy"} <= {*functions}
    assert {name: faults(function) for name, function in functions.items() if faults(function)} == {}


def named_tuples():
    """The public NamedTuples of arrays, by name."""
    for name in ("rnn", "lstm", "readout", "classifier"):
        module = importlib.import_module(f"numpy_rnn.{name}")
        for kind in vars(module).values():
            if inspect.isclass(kind) and hasattr(kind, "_fields") and kind.__module__ == module.__name__:
                yield pytest.param(kind, id=f"{name}.{kind.__name__}")


@pytest.mark.parametrize("kind", [*named_tuples()])
def test_every_field_and_its_shape_are_documented(kind):
    shapes = getattr(importlib.import_module(kind.__module__), "AXES", {})
    assert re.search(r"\((T|T\+1|H|C)(, \S+)*\)", kind.__doc__)
    for field in kind._fields:
        if field.startswith("M_"):
            assert "four matrices (H, H+I)" in kind.__doc__
        elif field in shapes:
            assert re.search(rf"\b{field}\b", kind.__doc__), field


def documented(text):
    def function(a, b=0):
        return a + b

    function.__doc__ = text
    function.__annotations__["return"] = int
    return function


RIGHT = """Adds.

Parameters
----------
a : int
    One.
b : int, optional
    Another.

Returns
-------
int
    The sum.
"""


def test_the_right_form_passes():
    assert faults(documented(RIGHT)) == []


@pytest.mark.parametrize(
    ("right", "wrong", "fault"),
    [
        ("a : int\n    One.\n", "", "parameters ['a', 'b'], documented ['b']"),
        ("b : int", "c : int", "parameters ['a', 'b'], documented ['a', 'c']"),
        ("    Another.\n", "", "no description of b"),
        ("Returns\n-------\nint\n    The sum.\n", "", "a result without a description"),
        ("    The sum.\n", "", "a result without a description"),
    ],
)
def test_a_fault_is_seen(right, wrong, fault):
    assert right in RIGHT
    assert fault in faults(documented(RIGHT.replace(right, wrong)))
