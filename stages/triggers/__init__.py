"""Triggers: what is put on a face, each in a file of its own."""
