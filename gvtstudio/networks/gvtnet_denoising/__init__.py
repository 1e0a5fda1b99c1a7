"""GVTNet for denoising, 2D and 3D."""
