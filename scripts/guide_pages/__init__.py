"""The extensions of Sphinx that build the guide: equations beside code, mathematics, and links into the repository."""
