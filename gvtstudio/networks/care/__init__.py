"""CARE, the U-Net of content-aware image restoration, 2D and 3D."""
