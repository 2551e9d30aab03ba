"""The sweep: every arm, fraction and seed trained, cached, compared and drawn."""
