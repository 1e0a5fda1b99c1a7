"""fnet, the 3D U-Net of label-free prediction."""
