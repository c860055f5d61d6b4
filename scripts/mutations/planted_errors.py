"""The planted errors: how they are read, applied, and recognised in a test's message."""

import re
import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from mutations.project_copy import ROOT, test_file

SETS = {name: name for name in ("numpy_rnn", "tf_rnn", "shipped")}
# The tests of each set. The tests in FIRST run before them, because they catch most errors of a file within seconds.
NUMPY = (
    "gradients outputs purity readout adam sequences numpy_training closed_forms hand_computed symmetries time "
    "numpy_types"
)
TENSORFLOW = (
    "against_tensorflow layers cells weights initial_weights compiled_models layer_arguments saving lockstep data"
)
FIRST = {
    "tf_rnn/cells.py": "against_tensorflow initial_weights cells",
    "numpy_rnn/activations.py": "readout closed_forms",
    "numpy_rnn/adam.py": "adam",
    "numpy_rnn/checkpoint.py": "checkpoint resume initial_state atomic_write corruption",
    "numpy_rnn/checks.py": "numpy_arguments numpy_types numpy_memory with_ones",
    "numpy_rnn/blas_threads.py": "blas_threads",
    "numpy_rnn/classifier.py": "gradients readout initial_state images",
    "numpy_rnn/initialization.py": "initial_state numpy_training numpy_arguments numpy_memory",
    "numpy_rnn/clipping.py": "clipping",
    "numpy_rnn/images.py": "images with_ones numpy_training initial_state",
    "numpy_rnn/parallel.py": "parallel blas_threads",
    "numpy_rnn/progress.py": "progress resume",
    "numpy_rnn/readout.py": "readout gradients",
    "numpy_rnn/sequences.py": "sequences with_ones",
    "numpy_rnn/shared_memory.py": "shared_memory parallel",
    "numpy_rnn/torch_weights.py": "torch_weights torch_weights_refused",
    "numpy_rnn/training.py": "numpy_training numpy_training_arguments clipping resume initial_state",
    "numpy_rnn/worker.py": "worker blas_threads",
    "tf_rnn/data.py": "data",
    "tf_rnn/distributed.py": "replicas resume_replicas",
    "tf_rnn/layers.py": "layers layers_initial_state layer_arguments unrolling saving",
    "tf_rnn/network.py": "graphs_refused graphs_refused_calls graphs weights",
    "tf_rnn/prepared.py": "prepared_data",
    "tf_rnn/replicas.py": "replicas resume_replicas",
    "tf_rnn/training.py": (
        "layers_initial_state compiled_models clipping_against_keras initial_weights resume_tensorflow"
    ),
    "tf_rnn/graph.py": "graphs_refused_calls graphs_refused graphs",
    "tf_rnn/layout.py": "weights biases",
    "tf_rnn/weights.py": "weights weights_options layers_initial_state biases",
}

# With one time step, a failure names the wrong quantity itself, not one that a later step computes from it.
ONE_STEP_FIRST = "parity_tests/meta/test_mutants.py::test_the_code_as_it_is_passes_the_check"


class Mutant(NamedTuple):
    """A planted error: the text `old`, which occurs once in `file`, becomes `new`.

    If `quantity` holds names, the message of the failing test must start with one of them.
    """

    set: str
    name: str
    file: str
    old: str
    new: str
    quantity: tuple[str, ...] = ()


def read(name: str) -> list[Mutant]:
    """Return the mutants of a set."""
    entries = tomllib.loads((ROOT / "parity_tests" / "mutants" / f"{name}.toml").read_text("utf-8"))["mutant"]
    mutants = []
    for entry in entries:
        quantity = entry.get("quantity", [])
        quantities = (quantity,) if isinstance(quantity, str) else tuple(quantity)
        mutants.append(Mutant(name, entry["name"], entry["file"], entry["old"], entry["new"], quantities))
    return mutants


def mutated(mutant: Mutant, root: Path = ROOT) -> str:
    """Return the source with the error in it.

    Raises ValueError, with the mutant's name, if the error cannot be applied or the result cannot be compiled.
    """
    source = (root / mutant.file).read_text("utf-8")
    found = source.count(mutant.old)
    if found != 1:
        raise ValueError(f"{mutant.name}: expected its old text once in {mutant.file}, found it {found} times")
    if mutant.new == mutant.old:
        raise ValueError(f"{mutant.name}: expected another text than the old one")
    changed = source.replace(mutant.old, mutant.new)
    try:
        compile(changed, mutant.file, "exec")
    except SyntaxError as error:
        raise ValueError(f"{mutant.name}: expected Python, got: {error}") from error
    return changed


def names_quantity(message: str, quantity: Iterable[str]) -> bool:
    """Return whether a message starts with one of these names; without names, every message matches."""
    return not quantity or any(re.match(rf"{re.escape(name)}(?!\w)", message) for name in quantity)


def test_files(mutant: Mutant) -> list[str]:
    """Return the tests that should catch the mutant, in the order in which they run."""
    all_files = TENSORFLOW if mutant.set == "tf_rnn" else NUMPY
    ordered = dict.fromkeys(f"{FIRST.get(mutant.file, '')} {all_files}".split())
    named = [ONE_STEP_FIRST] if mutant.set == "shipped" else []
    return named + [test_file(name) for name in ordered]


def chosen(sets: Sequence[str], only: Sequence[str]) -> list[Mutant]:
    """Return the mutants of `sets`, by default of all; with `only`, those of them that it names.

    Raises ValueError for an unknown name.
    """
    mutants = [mutant for name in sets or SETS for mutant in read(name)]
    unknown = set(only) - {mutant.name for mutant in mutants}
    if unknown:
        raise ValueError(f"--only: expected the name of a mutant, got {sorted(unknown)[0]!r}")
    return [mutant for mutant in mutants if not only or mutant.name in only]
