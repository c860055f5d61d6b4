"""What is published: pictures, tables and Markdown pages, shared by the studies and the benchmark.

Pictures are drawn by matplotlib.figure.Figure and written to files. They need none of matplotlib's backends for
windows, and must not load the one that the environment names, for example that of a notebook.
"""

import os

# matplotlib evaluates this variable when it is imported.
os.environ["MPLBACKEND"] = "agg"
