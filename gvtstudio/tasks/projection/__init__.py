"""A volume in, the image of the surface in it out."""
