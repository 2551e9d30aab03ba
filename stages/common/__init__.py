"""What every room may lean on: errors for people, files that are never half-written, work spread over cores."""
