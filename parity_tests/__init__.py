"""Proof that numpy_rnn and tf_rnn compute the same, and a judge of other implementations."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
