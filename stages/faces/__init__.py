"""From photos to faces: finding, aligning, measuring, and grouping near-duplicates."""
