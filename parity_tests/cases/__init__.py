"""What the tests draw: sizes, random arrays, models and layers."""
