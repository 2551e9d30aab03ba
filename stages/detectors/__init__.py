"""Detectors of poisoned training rows, one file each."""
