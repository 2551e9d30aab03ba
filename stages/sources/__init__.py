"""Sources of labelled photos, one file each."""
