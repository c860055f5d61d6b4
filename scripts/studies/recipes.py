"""The recipe of a training run: a model, its input sequences, the number of epochs, and a seed."""

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import numpy as np

from numpy_rnn import classifier, lstm
from numpy_rnn.experiments import BATCH_SIZE, EPOCHS, EXPERIMENTS, TRAINING_IMAGES, Experiment, InitialState
from numpy_rnn.training import ROWS, new_model

QUICK = {"images": 6_000, "epochs": 2}
NOISE_SEED, PERMUTATION_SEED = 1, 2
OPEN = 3.0


class Recipe(NamedTuple):
    """One training run; the defaults are the exercise's.

    `scan` is "rows" or "columns". `permuted` permutes the pixels, in the same way for all images. Each row is cut into
    `parts`, one time step for each. After the digit follow `delay` more steps, blank ones or with `noise`.
    `forget_bias` adds a constant input of 1 to every step, whose weight in the forget gate starts with that value: it
    acts as the bias that the exercise's gates lack. `images` is the number of training images. `clip_norm` is the
    largest global norm of the gradients, None if they are not clipped.
    """

    recurrence: Literal["rnn", "lstm"] = "rnn"
    hidden_dim: int = 128
    seed: int = 0
    epochs: int = EPOCHS
    scan: Literal["rows", "columns"] = "rows"
    initial_state: InitialState = "zeros"
    delay: int = 0
    noise: bool = False
    parts: int = 1
    permuted: bool = False
    forget_bias: float | None = None
    images: int = TRAINING_IMAGES
    clip_norm: float | None = None

    @property
    def name(self) -> str:
        """The recurrence, its size and all values that differ from the defaults, as the name of a file."""
        others = {
            name: value
            for name, value in self._asdict().items()
            if value != self._field_defaults[name] and name not in ("recurrence", "hidden_dim", "seed")
        }
        named = [f"{name}={str(value).lower()}" for name, value in others.items()]
        return "-".join([self.recurrence, str(self.hidden_dim), *named, f"seed={self.seed}"])

    @property
    def steps(self) -> int:
        """The number T of time steps in a sequence."""
        return ROWS * self.parts + self.delay

    @property
    def work(self) -> float:
        """An estimate of the duration, proportional to it."""
        H, kind = self.hidden_dim, {"rnn": 1, "lstm": 3.4}[self.recurrence]
        return kind * (0.8 + 0.025 * H + 0.0002 * H**2) * self.steps * self.epochs * (self.images // BATCH_SIZE)

    @property
    def test_images(self) -> int:
        """The number of test images: a sixth of the number of training images, as in MNIST."""
        return self.images // 6

    @property
    def experiment(self) -> Experiment:
        """The exercise's experiment with this recurrence, with this recipe's size, scan and initial state."""
        return EXPERIMENTS[f"{self.recurrence}-128"]._replace(
            hidden_dim=self.hidden_dim, scan=self.scan, initial_state=self.initial_state
        )

    def prepared(self, images: np.ndarray) -> np.ndarray:
        """Return images (N, T, I) uint8 whose rows are the time steps, for `images` (N, 28, 28) uint8."""
        N = len(images)
        if self.permuted:
            order = np.random.default_rng(PERMUTATION_SEED).permutation(ROWS * ROWS)
            images = images.reshape(N, -1)[:, order]
        images = images.reshape(N, ROWS * self.parts, ROWS // self.parts)
        after = np.zeros((N, self.delay, images.shape[2]), np.uint8)
        if self.noise:
            after = np.random.default_rng(NOISE_SEED).integers(0, 256, after.shape, np.uint8)
        images = np.concatenate([images, after], axis=1)
        if self.forget_bias is None:
            return images
        ones = np.full((N, self.steps, 1), 255, np.uint8)
        return np.concatenate([images, ones], axis=2)

    def new_model(self, rng: np.random.Generator) -> classifier.Model:
        """Return the model before training."""
        inputs = ROWS // self.parts + (self.forget_bias is not None)
        model = new_model(self.experiment, rng, input_dim=inputs)
        if isinstance(model.recurrence, lstm.Params) and self.forget_bias is not None:
            model.recurrence.M_forget[:, -1] = self.forget_bias
        return model


class Plan(NamedTuple):
    """The size of all studies: at most `seeds` seeds each, and a small fraction of the work if `quick`."""

    seeds: int = 20
    quick: bool = False

    def recipes(self, at_most: int, **choices: Any) -> list[Recipe]:
        """Return one recipe for each seed, for `at_most` seeds or the plan's number if that is lower."""
        recipe = Recipe(**choices)
        if self.quick:
            recipe = recipe._replace(images=QUICK["images"], epochs=min(recipe.epochs, QUICK["epochs"]))
        return [recipe._replace(seed=seed) for seed in range(min(self.seeds, at_most))]

    def some(self, values: Sequence[Any]) -> Sequence[Any]:
        """Return the values, or if `quick` only the first, the middle and the last."""
        return [values[0], values[len(values) // 2], values[-1]] if self.quick and len(values) > 3 else values
