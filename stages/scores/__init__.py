"""Scores, statistics, doses and rankings: pure functions of predictions."""
