"""What `gpu.py` measures on a GPU, and the page that it writes."""
