"""Where photos come from, and decoding whatever a file turns out to be."""
