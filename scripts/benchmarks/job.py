"""A whole training as a user of another library would write it.

`python -m benchmarks.job CONTENDER EXPERIMENT THREADS EPOCHS`

The same weights to begin with, the same batches of 128, Adam; then the test. Prints the test accuracy.
"""

import sys

import numpy as np
from command.quiet import quiet_start

from benchmarks.contenders import CONTENDERS
from numpy_rnn import mnist
from numpy_rnn.experiments import BATCH_SIZE, EXPERIMENTS
from numpy_rnn.sequences import grey
from numpy_rnn.training import ROWS, new_model


def main(name: str, experiment_name: str, threads: int, epochs: int) -> None:
    """Trains, tests, prints."""
    experiment = EXPERIMENTS[experiment_name]
    rng = np.random.default_rng(0)
    training, test = mnist.load()
    weights = new_model(experiment, rng)
    with quiet_start():
        contender = CONTENDERS[name].make(weights, ROWS, threads)
    images, test_images = (_read(grey(part.images), experiment.scan) for part in (training, test))
    if hasattr(contender, "fit"):
        contender.fit(images, training.labels, epochs, BATCH_SIZE)
    else:
        for _ in range(epochs):
            order = rng.permutation(len(images))
            for first in range(0, len(images) - BATCH_SIZE + 1, BATCH_SIZE):
                batch = order[first : first + BATCH_SIZE]
                contender.step(contender.ready(images[batch], training.labels[batch]))
    digits = contender.predict(test_images).argmax(axis=1)
    print(np.mean(digits == test.labels))


def _read(images: np.ndarray, scan: str) -> np.ndarray:
    return images if scan == "rows" else np.ascontiguousarray(images.transpose(0, 2, 1))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:]))
