"""A multilayer perceptron of sigmoid layers, written from scratch in NumPy, and how it is trained."""
