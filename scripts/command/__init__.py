"""Behaviour that every command shares: arguments, signals, one-line errors, a quiet start, output folders."""
