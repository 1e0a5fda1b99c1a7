"""Transmitted light in, fluorescence of one or several labels out."""
