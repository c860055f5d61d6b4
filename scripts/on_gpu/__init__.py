"""What `gpu.py` measures, and the page that it writes."""
