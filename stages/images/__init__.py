"""Files of any format decoded to grey pictures."""
