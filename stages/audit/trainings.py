"""The trainings of an audit: on all faces, to judge each of them, and without some, to see what is said of those."""

from dataclasses import dataclass

import numpy as np

from stages.common.params import LABELS
from stages.dataset.found import FoundFaces
from stages.detectors.detector import chosen_detectors, detector_names
from stages.detectors.evidence import Evidence, check_rows
from stages.detectors.pair import SuspectPair, blamed, suspect_pairs
from stages.detectors.proof import recovered
from stages.network.fit import Fitter
from stages.network.inputs import standardise
from stages.network.perceptron import Perceptron, predict
from stages.network.recipe import Recipe

# What decides the outcome, beside what decides that of every training.
CODE = (
    'audit/trainings.py',
    'common/params.py',
    'detectors/proof.py',
    'detectors/*.py',
    'faces/duplicates.py',
)


@dataclass(frozen=True)
class Without:
    """A training on all faces but those at the positions `left_out`."""

    left_out: tuple[int, ...]


class Audits:
    """Trains on the faces that were found, all on one Gram matrix; errors are those of `check_rows` and Fitter."""

    def __init__(self, found: FoundFaces, recipe: Recipe):
        check_rows(len(found.label))
        self._label, self._recipe = found.label, recipe
        self._contradictory = found.pair != ''
        self._known = contradictory_pairs(found)
        self._fitter = Fitter(found.pixels, recipe)

    def __call__(self, run: Without) -> dict:
        """Return what all detectors say of the faces or, where some are left out, P(label is 1) of each of those."""
        stay = np.ones(len(self._label), bool)
        stay[list(run.left_out)] = False
        positions = np.flatnonzero(stay)
        training = self._fitter.fit(self._label[positions], positions)
        pixels = self._fitter.pixels
        if run.left_out:
            return {'probability': predict(training.network, pixels[~stay]).tolist()}
        hidden = training.network.hidden(standardise(pixels))
        evidence = Evidence(self._label, pixels, hidden, training.losses, self._recipe.seed)
        said = {'scores': {}, 'flags': {}}
        for name, detector in chosen_detectors(detector_names('all')).items():
            scores = detector.scores(evidence)
            said['scores'][name] = scores.tolist()
            said['flags'][name] = np.flatnonzero(detector.flags(evidence, scores)).tolist()
        pairs = suspect_pairs(evidence)
        said['pairs'] = [_judged(pair) for pair in pairs]
        said['contradictory'] = [_judged(blamed(evidence, pair)) for pair in self._known]
        said['recovered'] = {
            reason: self._recovered(training.network, pairs, is_contradictory)
            for reason, is_contradictory in (('contradictory', True), ('pair', False))
        }
        return said

    def _recovered(self, network: Perceptron, pairs: list[SuspectPair], is_contradictory: bool) -> list[float | None]:
        """Return by how much the differences of pairs of one reason move predictions towards each label."""
        pixels, label = self._fitter.pixels, self._label
        others = np.setdiff1d(np.arange(len(label)), [row for pair in pairs for row in (pair.blamed, pair.other)])
        chosen = [pair for pair in pairs if self._contradictory[pair.blamed] == is_contradictory]
        return [
            recovered(
                network,
                [pair for pair in chosen if label[pair.blamed] == number],
                number,
                pixels[others],
                label[others],
            )
            for number in range(len(LABELS))
        ]


def _judged(pair: SuspectPair) -> list[int | bool]:
    """Return the blamed one of a pair, the other, and whether they differ to the eye."""
    return [pair.blamed, pair.other, pair.is_visible]


def contradictory_pairs(found: FoundFaces) -> list[tuple[int, int]]:
    """Return the positions of the faces that contradict each other, as far as both are there."""
    position = {origin: number for number, origin in enumerate(found.origin.tolist())}
    both = ((number, position.get(str(pair), -1)) for number, pair in enumerate(found.pair))
    return sorted({tuple(sorted(pair)) for pair in both if pair[1] >= 0})
