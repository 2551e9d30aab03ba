"""Triggers: patterns on faces, each in a file of its own."""
