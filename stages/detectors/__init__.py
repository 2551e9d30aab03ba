"""Detectors: each file ranks training rows by suspicion in its own way, and flags some of them."""
