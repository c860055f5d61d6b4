"""Tests of faults, damaged files and interrupted runs: a training survives them and resumes bit for bit."""
