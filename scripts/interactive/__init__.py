"""The data and the recording of the interactive page `docs/see-it-run/`."""
