"""Detection: whether detectors find the poison, what removing it mends, and what proves it."""
