"""Errors in the code on purpose: the planted errors, and copies of the project in which they are tested."""
