"""Operators that several networks share. Tensors are ``(B, C, Z, Y, X)`` or ``(B, C, Y, X)``."""
