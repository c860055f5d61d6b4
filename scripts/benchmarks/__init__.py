"""The parts of the benchmark, the libraries that they compare, and how they are timed."""

import pages  # noqa: F401 - before matplotlib, whose backend it sets
