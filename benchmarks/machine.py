"""Compare the network with a support-vector machine on the same rows: python -m benchmarks.machine

Uses the faces of the last `dvc repro`, and the split and the training of params.yaml, both with seeds 1 to 10. The
params of the training were chosen on seeds 11 to 20.
"""

from functools import partial

import numpy as np
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.svm import SVC

from benchmarks.measuring import with_mirrored
from stages.cluster.parallel import parallel_map
from stages.common.params import load_params
from stages.dataset.faces import Faces, load_faces
from stages.dataset.split import Split, split_faces
from stages.network.fit import Fitter
from stages.network.inputs import standardise
from stages.report.__main__ import Params
from stages.report.page import markdown_table
from stages.scores.statistics import mean_interval

SEEDS = range(1, 11)


def main() -> None:
    """Measure, and print the table."""
    params = load_params(Params)
    faces = load_faces()
    splits = [split_faces(faces.label, faces.group, params.split.test, seed) for seed in SEEDS]
    fitter = Fitter(faces.pixels, params.train, max(len(split.train) for split in splits))
    jobs = list(zip(SEEDS, splits, strict=True))
    networks = list(parallel_map(partial(network, faces, fitter), jobs, params.workers, 'networks'))
    machines = [machine(faces, split) for split in splits]
    rows = [
        [f'{seed}', *(f'{100 * score:.2f}' for score in (ours, theirs, ours - theirs))]
        for seed, ours, theirs in zip(SEEDS, networks, machines, strict=True)
    ]
    print(markdown_table(['split seed', 'network, %', 'machine, %', 'difference, points'], rows))
    differences = 100 * (np.array(networks) - np.array(machines))
    low, high = mean_interval(differences[:, None], params.evaluate.confidence)
    print(
        f'\n{len(faces.label)} faces: means {100 * np.mean(networks):.2f} and {100 * np.mean(machines):.2f} %, '
        f'difference {differences.mean():+.2f} points, {params.evaluate.confidence:.0%} interval {low[0]:+.2f} to '
        f'{high[0]:+.2f}'
    )


def network(faces: Faces, fitter: Fitter, job: tuple[int, Split]) -> float:
    """Return the share of the test faces of a split that a network, trained on the others, classifies correctly."""
    seed, split = job
    trained = fitter.fit(faces.label[split.train], split.train, seed).network
    right = (trained.probabilities(standardise(faces.pixels[split.test])) > 0.5) == faces.label[split.test]
    return float(right.mean())


def machine(faces: Faces, split: Split) -> float:
    """Return the same for a support-vector machine with the radial basis function as its kernel.

    C is 10, and gamma is scikit-learn's 'scale'; it is also trained on the mirror images of the faces.
    """
    rows = standardise(with_mirrored(faces.pixels[split.train]))
    label = np.tile(faces.label[split.train], 2)
    gamma = 1 / (rows.shape[1] * rows.var(dtype=np.float64))
    trained = SVC(C=10, kernel='precomputed').fit(rbf_kernel(rows, gamma=gamma), label)
    test = rbf_kernel(standardise(faces.pixels[split.test]), rows, gamma=gamma)
    return float((trained.predict(test) == faces.label[split.test]).mean())


if __name__ == '__main__':
    main()
