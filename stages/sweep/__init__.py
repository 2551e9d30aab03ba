"""The sweep: every arm, poison rate and seed, compared with its control."""
