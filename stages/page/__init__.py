"""The page to hand on: everything that was found, in one file."""
