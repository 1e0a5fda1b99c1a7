"""Volume of one or more channels in, label volume out."""
