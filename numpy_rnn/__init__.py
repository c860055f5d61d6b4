"""A basic RNN and an LSTM, forward and backpropagation through time, in plain NumPy."""
