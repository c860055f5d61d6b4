"""One experiment: trained by either backend, saved, resumed and drawn."""
