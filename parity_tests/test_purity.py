"""Do the functions change no argument, share no memory with it, and give the same again, in the dtype they got?"""

from collections.abc import Callable
from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import example, given

from numpy_rnn import lstm, rnn
from parity_tests.numpy_cases import DOORS, DTYPES, SEEDS, SIZES, close, draw, flat, pick, shape, states

PURE = {name: door for name, door in DOORS.items() if "out" not in name}
RECURRENCES = pytest.mark.parametrize(("kind", "name"), [(rnn, "rnn"), (lstm, "lstm")])
EMPTY = {"T": 3, "H": 2, "I": 4, "B": 0, "C": 3}

LAYOUTS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "Fortran order": np.asfortranarray,
    "last axis backwards": lambda v: v[..., ::-1].copy()[..., ::-1],
    "first axis backwards": lambda v: v[::-1].copy()[::-1],
    "every other": lambda v: np.repeat(v, 2, axis=-1)[..., ::2],
    "first axis innermost": lambda v: np.moveaxis(np.moveaxis(v, 0, -1).copy(), -1, 0),
    "not aligned": lambda v: np.frombuffer(b" " + v.tobytes(), v.dtype, offset=1).reshape(v.shape),
}


def every_door(doors):
    return pytest.mark.parametrize("door", doors.values(), ids=doors)


def random_arrays(door, sizes, seed, dtype=np.float64):
    return draw(door, sizes, np.random.default_rng(seed), dtype)


def arrays_in(values):
    return [value for value in flat(values) if isinstance(value, np.ndarray)]


def assert_same(once, again):
    for one, other in zip(flat(once), flat(again), strict=True):
        assert type(one) is type(other)
        np.testing.assert_array_equal(one, other)


@DTYPES
@every_door(PURE)
@given(SIZES, SEEDS)
@example({"T": 1, "H": 1, "I": 1, "B": 1, "C": 1}, 0)
@example({"T": 0, "H": 2, "I": 3, "B": 1, "C": 2}, 0)
@example({"T": 0, "H": 2, "I": 3, "B": 2, "C": 2}, 0)
def test_nothing_given_is_changed_or_handed_back(door, dtype, sizes, seed):
    arrays = random_arrays(door, sizes, seed, dtype)
    once = door.call(arrays)
    frozen = random_arrays(door, sizes, seed, dtype)
    for value in frozen.values():
        value.flags.writeable = False
    results = door.call(frozen)
    assert_same(results, once)
    assert_same(door.call(frozen), once)
    assert_same(tuple(arrays.values()), tuple(frozen.values()))
    for result, value in product(arrays_in(results), frozen.values()):
        assert not np.shares_memory(result, value)
    for one, other in combinations(arrays_in(results), 2):
        assert not np.shares_memory(one, other)
    for result in flat(results):
        assert type(result) is float or (result.dtype == dtype and result.flags.writeable)


@DTYPES
@every_door({name: door for name, door in DOORS.items() if not door.takes_labels})
def test_an_empty_batch(door, dtype):
    results = door.call(random_arrays(door, EMPTY, 0, dtype))
    for result in arrays_in(results):
        assert result.dtype == dtype
        # Only the gradients of the parameters have numbers in them: sums of nothing.
        np.testing.assert_array_equal(result, np.zeros_like(result))
    assert any(result.size == 0 for result in arrays_in(results))


@every_door(PURE)
@given(SIZES, SEEDS)
def test_the_layout_in_memory_does_not_matter(door, sizes, seed):
    arrays = random_arrays(door, sizes, seed)
    layouts = np.random.default_rng(seed).choice(list(LAYOUTS), len(arrays))
    laid_out = {name: LAYOUTS[layout](arrays[name]) for name, layout in zip(arrays, layouts, strict=True)}
    assert_same(tuple(arrays.values()), tuple(laid_out.values()))
    for one, other in zip(flat(door.call(arrays)), flat(door.call(laid_out)), strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=close(sizes))


def trace_of_nan(kind, arrays, sizes, dtype):
    axes = {"x": "T I B", "c": "T+1 H B", "h": "T+1 H B"}
    shapes = [shape(axes.get(field, "T H B"), sizes) for field in kind.Trace._fields]
    return kind.Trace(*(np.full(size, np.nan, dtype) for size in shapes))


@DTYPES
@RECURRENCES
@given(SIZES, SEEDS)
@example({"T": 0, "H": 2, "I": 3, "B": 2, "C": 2}, 0)
def test_a_trace_filled_again_is_as_good_as_a_fresh_one(kind, name, dtype, sizes, seed):
    arrays = random_arrays(DOORS[f"{name}.forward"], sizes, seed, dtype)
    params, x = pick(kind.Params, arrays), arrays["x"]
    fresh = kind.forward(params, x, **states(arrays))
    out = trace_of_nan(kind, arrays, sizes, dtype)
    filled = kind.forward(params, x, **states(arrays), out=out)
    assert type(filled) is kind.Trace
    assert all(one is other for one, other in zip(filled, out, strict=True))
    assert_same(filled, fresh)
    assert_same(kind.forward(params, x, **states(arrays), out=out), fresh)


@RECURRENCES
@given(SIZES, SEEDS)
def test_the_last_states_of_a_trace_may_begin_the_next(kind, name, sizes, seed):
    arrays = random_arrays(DOORS[f"{name}.forward"], sizes, seed)
    params, x = pick(kind.Params, arrays), arrays["x"]
    trace = kind.forward(params, x, **states(arrays))
    last = {"h_init": trace.h[-1]} | ({"c_init": trace.c[-1]} if kind is lstm else {})
    fresh = kind.forward(params, x, **last)
    assert_same(kind.forward(params, x, **last, out=trace), fresh)
