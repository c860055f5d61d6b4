"""What is right, and how exactly: specification, complex step, error bounds, TensorFlow's results."""
