"""Tests of the notebooks: the files, their checks, nbgrader, and the script that generates them."""
