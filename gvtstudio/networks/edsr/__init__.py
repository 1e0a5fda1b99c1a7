"""A residual network of the EDSR class, 2D."""
