"""Detectors of poisoned training rows, each in a file of its own."""
