"""The learned blur that undoes the isotropic generator, F of the OT-cycleGAN."""
