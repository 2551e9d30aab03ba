"""What a network predicts for photos of your own."""
