"""Applying trained networks to volumes of any size."""
