"""3D-RCAN, the residual channel attention network for volumes."""
