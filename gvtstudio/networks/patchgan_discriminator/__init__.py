"""The network that judges patch by patch whether an image is real, D of the OT-cycleGAN."""
