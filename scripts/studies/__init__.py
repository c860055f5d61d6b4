"""The exercise's questions, each answered by a measurement, pictures and sentences that come from it."""
