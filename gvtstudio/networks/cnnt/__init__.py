"""CNNT: convolutions in the planes, attention between them."""
