"""The audit: which photos are suspect, why, and how sure that is."""
