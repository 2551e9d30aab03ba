"""Where photos come from: each source in a file of its own, and what all of them share."""
