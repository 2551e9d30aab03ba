"""A model's predictions for photos of one's own, and how they are explained."""
