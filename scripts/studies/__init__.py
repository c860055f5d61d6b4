"""The exercise's questions. Each is a module that trains, measures, and draws and words the answer."""

import pages  # noqa: F401 - before matplotlib, whose backend it sets
