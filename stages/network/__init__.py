"""A multilayer perceptron of sigmoid layers, written from scratch in NumPy, and its training."""
