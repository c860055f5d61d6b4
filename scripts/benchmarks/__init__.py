"""What `benchmark.py` compares, how it is timed, and what comes out."""
