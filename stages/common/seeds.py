"""Random numbers: every purpose has a stream of its own, made from a seed in params.yaml."""

import numpy as np


def seed_sequence(seed: int, purpose: str, index: int = 0) -> np.random.SeedSequence:
    """Return the root of the stream of random numbers for a purpose, or for the `index`th of many things with it."""
    return np.random.SeedSequence([seed, index, *purpose.encode()])


def stream(seed: int, purpose: str, index: int = 0) -> np.random.Generator:
    """Return a generator on the stream of random numbers for a purpose."""
    return np.random.default_rng(seed_sequence(seed, purpose, index))


def integer_seed(seed: int, purpose: str) -> int:
    """Return a whole number from the stream for a purpose, for libraries that take no generator."""
    return int(seed_sequence(seed, purpose).generate_state(1)[0])
