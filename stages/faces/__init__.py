"""A picture becomes a face: find it, align it, group near-duplicates, put dots under an eye."""
