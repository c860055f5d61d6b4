"""The API of numpy_rnn and tf_rnn: data, models, files, and the arguments that they refuse."""
