"""The notebooks: their sources, the exercises and solutions that are generated from them, and courses for nbgrader."""
