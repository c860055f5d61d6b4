"""How every command behaves: arguments, signals, quiet start, one-line errors, output folders."""
