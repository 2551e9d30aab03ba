"""The study: who is trained on what, how it is scored, and the pictures of the result."""
