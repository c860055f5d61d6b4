"""The checks of the notebooks: each takes what a learner has written, and says what is right or wrong about it."""
