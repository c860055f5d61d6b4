"""A whole training and test, as a user of another library would write it; prints the test accuracy.

`python -m benchmarks.run_job CONTENDER EXPERIMENT THREADS EPOCHS`

All contenders start from the same weights and train with the same batches of 128 and Adam.
"""

import sys

import numpy as np

from benchmarks.contenders import CONTENDERS
from command.quiet_start import quiet_start
from numpy_rnn import mnist
from numpy_rnn.experiments import BATCH_SIZE, EXPERIMENTS
from numpy_rnn.sequences import grey
from numpy_rnn.training import ROWS, new_model


def main(name: str, experiment_name: str, threads: int, epochs: int) -> None:
    """Train, test, and print the test accuracy."""
    experiment = EXPERIMENTS[experiment_name]
    rng = np.random.default_rng(0)
    training, test = mnist.load()
    weights = new_model(experiment, rng)
    with quiet_start():
        contender = CONTENDERS[name].make(weights, ROWS, threads)
    images, test_images = (_scanned(grey(part.images), experiment.scan) for part in (training, test))
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


def _scanned(images: np.ndarray, scan: str) -> np.ndarray:
    return images if scan == "rows" else np.ascontiguousarray(images.transpose(0, 2, 1))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:]))
