"""The page on common mistakes: planted errors, trainings with them, and the judge's messages."""
