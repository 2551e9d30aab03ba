"""Trainings: which there are, what comes of each, and the finished ones, kept."""
