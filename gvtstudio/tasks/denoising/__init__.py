"""Noisy volume in, clean volume out."""
