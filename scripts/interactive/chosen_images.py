"""The test images of the interactive page: some that both networks classify correctly, and all kinds of mistakes."""

import numpy as np

from numpy_rnn import classifier
from numpy_rnn.images import classify_images
from numpy_rnn.mnist import Split

# How many images of each kind: those that both networks classify correctly, two of each digit; then the mistakes.
BOTH_RIGHT, RNN_WRONG, LSTM_WRONG, BOTH_WRONG = "both right", "RNN wrong", "LSTM wrong", "both wrong"
NUMBERS = {BOTH_RIGHT: 20, RNN_WRONG: 8, LSTM_WRONG: 6, BOTH_WRONG: 6}
DIGITS = 10


def choose(models: dict[str, classifier.Model], test: Split) -> dict[str, list[int]]:
    """Return the indices of the chosen test images by kind, in the order of the test set.

    Of the images that both networks classify correctly, the first of each digit is taken, and the one of each digit on
    which the RNN is least certain. Of every other kind the first images are taken.
    """
    y = {name: classify_images(model, test.images) for name, model in models.items()}
    right = {name: probabilities.argmax(axis=0) == test.labels for name, probabilities in y.items()}
    certainty = y["rnn"].max(axis=0)
    both = right["rnn"] & right["lstm"]
    easy_and_hard = []
    for digit in range(DIGITS):
        places = np.flatnonzero(both & (test.labels == digit))
        easy_and_hard += [places[0], places[certainty[places].argmin()]] if len(places) else []
    kinds = {
        BOTH_RIGHT: np.array(sorted({int(place) for place in easy_and_hard}), int),
        RNN_WRONG: np.flatnonzero(~right["rnn"] & right["lstm"]),
        LSTM_WRONG: np.flatnonzero(right["rnn"] & ~right["lstm"]),
        BOTH_WRONG: np.flatnonzero(~right["rnn"] & ~right["lstm"]),
    }
    return {kind: [int(place) for place in kinds[kind][:number]] for kind, number in NUMBERS.items()}
