"""Tests of the interactive page in a real browser."""
