from tempfile import TemporaryFile

import numpy as np
import pytest

from stages.network.errors import GramSizeError
from stages.network.fit import DirectLayer, Fitter, choose_solver
from stages.network.gram import GramLayer
from stages.network.perceptron import initial_perceptron
from stages.network.recipe import Recipe
from tests.network.recipes import recipe


def long_recipe(**changes: object) -> Recipe:
    return recipe(**{'solver': 'auto', 'epochs': 400, 'batch': 64} | changes)


@pytest.mark.parametrize(('n', 'd', 'h', 'epochs', 'solver'), [
    (2_680, 65_536, 1024, 400, 'gram'),    # the published training
    (3_200, 4_096, 1024, 100, 'gram'),     # the params as shipped
    (20_000, 256, 64, 100, 'direct'),      # many small faces
    (2_680, 65_536, 8, 1, 'direct'),       # nothing to save: the Gram matrix costs more than the training
    (100_000, 65_536, 1024, 400, 'direct'),  # a Gram matrix of 40 GB
])  # fmt: skip
def test_auto_chooses_the_cheaper_solver(n, d, h, epochs, solver):
    name, reason = choose_solver(n, d, h, long_recipe(epochs=epochs), held=n)
    assert name == solver
    assert reason.startswith('since ')


@pytest.mark.parametrize(('held', 'mirror', 'solver'), [
    (22_000, True, 'gram'), (23_000, True, 'direct'), (31_000, False, 'gram'), (32_000, False, 'direct'),
])  # fmt: skip
def test_auto_avoids_gram_matrices_of_more_than_four_gigabytes(held, mirror, solver):
    name, reason = choose_solver(2_000, 65_536, 1024, long_recipe(mirror=mirror), held)
    assert name == solver
    assert ('takes 4 GB' in reason) == (solver == 'direct')


def test_gram_matrix_covers_the_whole_pool(capsys):
    Fitter(np.zeros((23_000, 2, 2), np.uint8), long_recipe(), 100)
    assert 'direct, since the Gram matrix of 23000 faces takes 4 GB' in capsys.readouterr().out


def test_requested_gram_matrix_that_does_not_fit_is_refused():
    # A map of an empty sparse file: it takes no memory and no disk space.
    with TemporaryFile() as file:
        pixels = np.memmap(file, np.uint8, 'w+', shape=(2_000_000, 2, 2))
        with pytest.raises(GramSizeError, match=r'^the Gram matrix of 2000000 faces takes 32000 GB, there are '):
            Fitter(pixels, long_recipe(solver='gram'))


@pytest.mark.parametrize(('name', 'kind'), [('direct', DirectLayer), ('gram', GramLayer)])
def test_forced_solver_is_used_and_reported_in_one_line(name, kind, capsys):
    pixels = np.random.default_rng(0).integers(0, 256, (5, 8, 8), np.uint8)
    network = initial_perceptron([64, 4, 1], np.random.default_rng(0))
    assert type(Fitter(pixels, long_recipe(solver=name)).first_layer(network.weights[0])) is kind
    assert capsys.readouterr().out == f'solver: {name}, as requested\n'


def test_the_reason_gives_both_costs(capsys):
    pixels = np.random.default_rng(0).integers(0, 256, (5, 8, 8), np.uint8)
    Fitter(pixels, long_recipe(hidden=[4]))
    line = capsys.readouterr().out
    assert line.startswith('solver: gram, since 400 epochs on 10 rows of 64 pixels cost it ')
    assert 'and direct ' in line
    assert line.count('\n') == 1
