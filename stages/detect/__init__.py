"""Detectors on trial: what each finds of known poison, and what removing it mends."""
