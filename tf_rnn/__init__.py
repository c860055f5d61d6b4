"""The models of `numpy_rnn` as Keras layers, with the same symbols, trained by TensorFlow."""

import keras

if keras.backend.backend() != "tensorflow":
    raise ImportError(
        f"tf_rnn: expected the Keras backend 'tensorflow', got '{keras.backend.backend()}': set KERAS_BACKEND=tensorflow"
    )

from tf_rnn.cells import LSTMCell, RNNCell  # noqa: E402
from tf_rnn.layers import LSTM, RNN  # noqa: E402

__all__ = ["LSTM", "RNN", "LSTMCell", "RNNCell"]
