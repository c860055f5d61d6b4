"""Random damage to the bytes of a file, and the checkpoints of a folder."""

from pathlib import Path

import numpy as np
from hypothesis import strategies as st

from command.signals import Stopping
from trainings.checkpoints import Checkpoints

# The kind of damage, and the seed of its random places.
DAMAGES = st.tuples(
    st.sampled_from(["bit", "bits", "zeros", "noise", "cut", "hole", "doubled", "longer", "exchanged"]),
    st.integers(0, 2**32 - 1),
)


def damaged(contents: bytes, kind: str, seed: int) -> bytes:
    """The contents with damage of this kind at random places."""
    rng = np.random.default_rng(seed)
    array = np.frombuffer(contents, np.uint8).copy()
    size = len(array)
    first, last = sorted(rng.integers(0, size + 1, 2))
    first, last = (first, last) if kind == "cut" else (first, min(last, first + int(rng.integers(1, 600))))
    if kind in ("bit", "bits"):
        for place in rng.integers(0, size, 1 if kind == "bit" else int(rng.integers(2, 50))):
            array[place] ^= 1 << rng.integers(8)
    elif kind == "zeros":
        array[first:last] = 0
    elif kind == "noise":
        array[first:last] = rng.integers(0, 256, last - first)
    elif kind == "cut":
        array = array[:first]
    elif kind == "hole":
        array = np.delete(array, slice(first, last))
    elif kind == "doubled":
        array = np.concatenate([array[:last], array[first:]])
    elif kind == "longer":
        array = np.append(array, rng.integers(0, 256, int(rng.integers(1, 600)), np.uint8))
    else:
        other = int(rng.integers(0, size - (last - first) + 1))
        array[other : other + last - first], array[first:last] = (
            array[first:last].copy(),
            array[other : other + last - first].copy(),
        )
    return array.tobytes()


def checkpoints(folder: Path, messages: list[str], epochs: int = 9, **settings: object) -> Checkpoints:
    """The checkpoints in `folder` of a training that resumes; messages and warnings are appended to `messages`."""
    chosen = {"seed": 0} | settings
    return Checkpoints(folder, chosen, Stopping(), messages.append, messages.append, resume=True, epochs=epochs)
