"""What the stages hand to each other: faces, triggered faces and the model; the split, and what an arm trains on."""
