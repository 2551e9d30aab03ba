"""The clean set: what stays of the photos, where it goes, and what it changed."""
