"""Noise2Fast, a small network that learns from the image it denoises."""
