"""Results for people: scores, statistics, tables, figures and galleries."""
