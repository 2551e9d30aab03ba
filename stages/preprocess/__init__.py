"""Photos become the faces of the study."""
