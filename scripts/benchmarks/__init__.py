"""The parts of the benchmark, the libraries that they compare, and how they are timed."""
