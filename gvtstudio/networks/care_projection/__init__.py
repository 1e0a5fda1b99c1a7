"""CARE that projects a volume to its surface."""
