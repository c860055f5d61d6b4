"""Proof that numpy_rnn and tf_rnn compute the same, and a judge of other implementations."""
