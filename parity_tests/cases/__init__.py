"""Random cases for the tests: sizes, arrays, models, layers and trainings."""
