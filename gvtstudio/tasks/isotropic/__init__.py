"""Anisotropic volume in, one as sharp and as finely sampled along Z as laterally out."""
