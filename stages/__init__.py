"""The stages of the workflow, one script each, and the rooms that they call."""
