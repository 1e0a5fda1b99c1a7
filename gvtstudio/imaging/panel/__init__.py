"""Volumes beside one another in orthogonal planes: places, limits, and their picture. No Qt."""
