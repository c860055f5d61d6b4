"""Tests of the tests: the comparison, the planted errors, other implementations."""
