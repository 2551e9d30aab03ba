"""The published procedure run again: its trainings, what they say together, and their figure."""
