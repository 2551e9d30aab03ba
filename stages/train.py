"""Stage train: train the network on the clean training faces and the copies that adv asks for."""

import numpy as np

from stages.common.errors import run_stage
from stages.common.files import write_csv, write_json
from stages.common.seeds import stream
from stages.network.inputs import with_mirrored
from stages.network.model_file import MODEL, save_model
from stages.network.perceptron import first_perceptron
from stages.network.solver import FirstLayers
from stages.network.training import Training, train
from stages.params import Params, load_params
from stages.study.arms import pool, training_set
from stages.study.data import load_faces_and_twins
from stages.study.split import split_faces


def main() -> None:
    """Train."""
    params = load_params()
    pixels, label, copies = training_faces(params)
    rows = len(label)
    if params.train.mirror:
        pixels, label = with_mirrored(pixels), np.tile(label, 2)
    network = first_perceptron([pixels[0].size, *params.train.hidden, 1], stream(params.train.seed, 'weights'))
    first = FirstLayers(pixels, params.train).layer(network.weights[0])
    write(train(first, network, label, params.train, 'training'), copies, rows)


def training_faces(params: Params) -> tuple[np.ndarray, np.ndarray, int]:
    """Return the pixels and labels to train on, and how many of them, the last, are copies.

    The other faces are gone from memory before the network is made.
    """
    faces, twins = load_faces_and_twins()
    split = split_faces(faces.label, faces.group, params.split.test, params.split.seed)
    rows = training_set(faces.label, split.train, params.adv, params.split.seed)
    return pool(faces, twins)[rows.positions], rows.label, rows.copies


def write(training: Training, copies: int, rows: int) -> None:
    """Write the model, its history and the facts of its training."""
    save_model(training.network, MODEL / 'model.npz')
    header = ['epoch', 'rate', 'loss', 'accuracy']
    write_csv(MODEL / 'history.csv', header, ([getattr(epoch, name) for name in header] for epoch in training.history))
    last = training.history[-1]
    write_json(
        MODEL / 'training.json',
        {
            'loss': last.loss,
            'accuracy': last.accuracy,
            'epochs': last.epoch,
            'converged': training.converged,
            'faces': rows - copies,
            'copies': copies,
        },
    )


if __name__ == '__main__':
    run_stage('train', main)
