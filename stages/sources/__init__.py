"""Sources of labelled photos, each in a file of its own."""
