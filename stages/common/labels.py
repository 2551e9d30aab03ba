"""The two labels of the data sets: a convention of theirs, not a claim about people."""

LABELS = ('female', 'male')  # a face's number in the arrays is the position of its label here
