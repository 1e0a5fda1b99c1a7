"""U-Net of dense blocks and global transformer layers for label-free prediction."""
