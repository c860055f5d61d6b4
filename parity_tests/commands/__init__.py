"""The scripts, run as processes, and the results that they publish."""
