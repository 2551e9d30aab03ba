"""The published procedure, repeated."""
