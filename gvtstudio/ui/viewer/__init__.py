"""Calibrated orthogonal views of several volumes with one crosshair; begin at ``compare_view``."""
