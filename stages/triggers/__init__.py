"""Triggers: patterns on faces, one file each."""
