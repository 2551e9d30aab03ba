"""A photo becomes a face: find it, align it, measure it, group near-duplicates."""
