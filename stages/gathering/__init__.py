"""Photos become the faces of the study: what came of each, and which make it up."""
