"""Auditing: which of somebody's own photos are suspect, why, and how sure that is."""
