"""One experiment: trained by either backend, saved, resumed and drawn."""

import pages  # noqa: F401 - before matplotlib, whose backend it sets
