"""What is published: pictures, tables and Markdown pages, shared by the studies and the benchmark."""
