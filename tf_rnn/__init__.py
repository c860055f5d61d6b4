"""The models of `numpy_rnn` as Keras layers, with the same symbols, trained by TensorFlow."""

import keras

if keras.backend.backend() != "tensorflow":
    raise ImportError(f"KERAS_BACKEND: tf_rnn expected the Keras backend 'tensorflow', got '{keras.backend.backend()}'")

from tf_rnn.cells import LSTMCell, RNNCell
from tf_rnn.layers import LSTM, RNN

__all__ = ["LSTM", "RNN", "LSTMCell", "RNNCell"]
