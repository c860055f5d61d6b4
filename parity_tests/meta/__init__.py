"""Tests of the tests: comparison, markers, rooms, planted errors, other implementations."""
