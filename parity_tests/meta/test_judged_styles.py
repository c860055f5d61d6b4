"""Is code in every style judged right through an adapter of ten lines, and wrong with an error planted into it?"""

import importlib

import pytest

from mutations import judged_styles
from mutations.judged_styles import LIBRARIES, STYLES, measure, planted_errors
from mutations.planted_errors import mutated, read
from parity_tests import ROOT, judge

NUMPY = [style for style in STYLES if style not in LIBRARIES]
FOLDER = ROOT / judged_styles.FOLDER
# Two errors of each style are judged here: the second of its list, and truncation, which only long sequences show.
SHOWN = [
    error for style in NUMPY for number, error in enumerate(planted_errors(style)) if number == 1 or " 6" in error.name
]


def adapter(style):
    """The lines of code of a style's adapter, which is the end of its file."""
    text = (FOLDER / f"{style}.py").read_text(encoding="utf-8")
    _, marker, end = text.partition("\n# The adapter.\n")
    assert marker, style
    return [line for line in end.splitlines() if line.strip()]


def test_every_file_is_a_style_or_has_an_error():
    assert sorted(path.stem for path in FOLDER.glob("*.py")) == sorted([*STYLES, "forgets_twice"])


@pytest.mark.parametrize("style", STYLES)
def test_an_adapter_has_ten_lines_at_most(style):
    assert 5 <= len(adapter(style)) <= 10


@pytest.mark.parametrize("style", NUMPY)
def test_code_in_another_style_is_right(style):
    result = measure(style, None, "quick")
    assert result.as_expected, result


@pytest.mark.slow
@pytest.mark.parametrize("style", ["pytorch_layer", "jax_scan"])
def test_a_layer_of_another_library_is_right(style):
    pytest.importorskip(LIBRARIES[style])
    assert measure(style, None, "quick").as_expected


@pytest.mark.slow
@pytest.mark.tensorflow
@pytest.mark.usefixtures("few_drawn_cases")
def test_a_layer_of_keras_is_right():
    pytest.importorskip("keras")
    assert measure("keras_layer", None, "quick").as_expected


def test_the_example_with_an_error_is_wrong():
    """Its forget gate also acts on the new part of c, so c is the first wrong quantity."""
    module = importlib.import_module("parity_tests.other_implementations.forgets_twice")
    verdict = judge("lstm", module)
    assert verdict.exit_code == 1
    assert verdict.failure is not None
    assert verdict.failure.wrong[0].quantity == "c"


def test_every_limit_has_an_example():
    used = set()
    for style in NUMPY:
        module = importlib.import_module(f"parity_tests.other_implementations.{style}")
        used |= set(getattr(module, "LIMITS", {}))
    assert used == {
        "dtypes",
        "min_T",
        "min_B",
        "one_example",
        "one_hot",
        "zero_h_init",
        "zero_c_init",
        "zero_b",
        "no_dc",
        "last_step_only",
        "clip",
        "truncation",
        "biases",
    }


def test_at_least_ten_errors_are_planted_into_each_of_eight_styles():
    counts = [len(planted_errors(style)) for style in NUMPY]
    assert len(counts) >= 8
    assert min(counts) >= 10
    assert sum(counts) == len(read("other_implementations"))


def test_the_readme_counts_the_planted_errors():
    readme = (ROOT / "parity_tests" / "README.md").read_text(encoding="utf-8")
    assert f"Each of the {len(read('other_implementations'))} errors planted into them" in " ".join(readme.split())


def test_planted_errors_apply_and_differ():
    errors = read("other_implementations")
    assert len({error.name for error in errors}) == len(errors)
    assert len({(error.file, mutated(error)) for error in errors}) == len(errors)
    assert all(error.name.startswith(f"{(ROOT / error.file).stem}: ") for error in errors)


@pytest.mark.usefixtures("few_drawn_cases")
@pytest.mark.parametrize("error", SHOWN, ids=[error.name for error in SHOWN])
def test_a_planted_error_is_found_by_a_quantity_that_is_wrong(error):
    (style,) = [style for style in STYLES if error.file.endswith(f"/{style}.py")]
    result = measure(style, error, "quick")
    assert result.as_expected, result
