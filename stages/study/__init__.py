"""The study: every arm, poison rate and seed trained, kept, compared and drawn."""
