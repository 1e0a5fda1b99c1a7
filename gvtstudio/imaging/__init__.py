"""Pure functions on arrays: intensities, tiles, measures. No Qt, no torch, no files."""
