"""Faults, corrupted files and interrupted runs: what a training survives, and that it resumes bit for bit."""
