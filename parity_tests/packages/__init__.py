"""Tests of the API of numpy_rnn and tf_rnn: data, models, files, and refused arguments."""
