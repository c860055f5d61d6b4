"""The parity properties: outputs and gradients against the oracles. A new property goes here."""
