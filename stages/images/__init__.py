"""Decoding whatever a file turns out to be."""
