"""Learning weights from pairs: patches, losses, schedules and one loop for every task."""
