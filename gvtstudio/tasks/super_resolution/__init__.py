"""Image of low magnification in, one of high magnification of the same field out."""
