"""The 3D U-Net that makes a volume isotropic, G of the OT-cycleGAN."""
