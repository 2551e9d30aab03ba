"""Fitting networks to faces: mirror images, initial weights, first layer and training in one recipe."""

from dataclasses import replace

import numpy as np

from stages.common.seeds import stream
from stages.common.stack import Stack
from stages.network.perceptron import initial_perceptron
from stages.network.recipe import Recipe
from stages.network.size import check_size
from stages.network.solver import FirstLayers
from stages.network.training import Training, train


class Fitter:
    """Fits networks by a `recipe` to rows out of one pool of faces; processes may share it.

    `pool`, which stays at hand as `pixels`, is uint8 (m, size, size), or a Stack of such; `most` says how many of its
    faces a training takes at most: all if it is not given. With the Gram solver all trainings share the products of the
    pool. A SizeError or a GramSizeError says that the network, or these products, cannot fit into memory.
    """

    def __init__(self, pool: np.ndarray | Stack, recipe: Recipe, most: int | None = None):
        check_size([pool.shape[-2] * pool.shape[-1], *recipe.hidden, 1])
        self.recipe = recipe
        self.pixels = pool
        self._first_layers = FirstLayers(pool, recipe, most)

    def fit(
        self,
        label: np.ndarray,
        positions: np.ndarray | None = None,
        seed: int | None = None,
        title: str | None = None,
    ) -> Training:
        """Train a network on the faces of the pool at `positions`, int64 (n,), with the labels (n,), 0 or 1.

        Without positions, all of the pool is trained on. `seed` stands in for that of the recipe. A progress bar shows
        the `title`. The losses of a face are the mean of its own and its mirror image's. Errors are those of `train`.
        """
        recipe = self.recipe if seed is None else replace(self.recipe, seed=seed)
        if recipe.mirror:
            label = np.tile(label, 2)
        sizes = [self._first_layers.rows.width, *recipe.hidden, 1]
        network = initial_perceptron(sizes, stream(recipe.seed, 'weights'))
        first = self._first_layers.layer(network.weights[0], positions)
        training = train(first, network, label, recipe, title)
        if recipe.mirror:
            training = replace(training, losses=training.losses.reshape(recipe.epochs, 2, -1).mean(axis=1))
        return training
