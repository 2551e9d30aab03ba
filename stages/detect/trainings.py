"""What comes of one case: how well each detector finds the poison, and what the network is after each defence."""

from collections.abc import Sequence

import numpy as np

from stages.common.params import LABELS, stream
from stages.dataset.faces import Faces, TriggeredFaces
from stages.dataset.poison import TrainingSet, pool, training_set
from stages.dataset.split import Split, split_faces
from stages.detect.plan import JUDGED, Case
from stages.detectors.detector import chosen_detectors
from stages.detectors.evidence import Evidence, check_rows
from stages.detectors.pair import suspect_pairs
from stages.detectors.proof import recovered, rejected
from stages.network.fit import Fitter
from stages.network.inputs import standardise
from stages.network.perceptron import Perceptron
from stages.network.recipe import Recipe
from stages.scores.ranking import most_suspect, quality
from stages.trainings.fit import scores_on

# What decides the outcome of a case, beside what decides that of its trainings.
CODE = (
    'common/params.py',
    'detect/plan.py',
    'detectors/proof.py',
    'scores/ranking.py',
    'detect/trainings.py',
    'detectors/*.py',
    'faces/duplicates.py',
)
REMOVED = 1.5  # most suspect rows that are removed, as a multiple of the copies (Tran et al., 2018)


class Detections:
    """Trains cases, judges their rows by each detector, and retrains without what a defence removes.

    Errors are those of `check_rows`, for the training faces without copies, and of Fitter.
    """

    def __init__(
        self, faces: Faces, triggered: TriggeredFaces, recipe: Recipe, test: float, target: str, names: Sequence[str]
    ):
        self._label, self._group = faces.label, faces.group
        self._test, self._target, self._names = test, target, names
        most = int(len(faces.label) * (1 - test))
        check_rows(most)
        self._fitter = Fitter(pool(faces.pixels, triggered.pixels), recipe, most)

    def __call__(self, case: Case) -> dict:
        """Return what comes of a case: copies, detectors and, where it is defended, defences and proof, by name."""
        split = split_faces(self._label, self._group, self._test, case.seed)
        rows = training_set(self._label, split.train, case.poison(self._target, case.replaces), case.seed)
        training = self._fitter.fit(rows.label, rows.positions, case.seed)
        pixels = self._fitter.pixels[rows.positions]
        hidden = training.network.hidden(standardise(pixels))
        evidence = Evidence(rows.label, pixels, hidden, training.losses, case.seed)
        poisoned = np.isin(np.arange(len(rows.label)), rows.poisoned)
        is_target = rows.label == LABELS.index(self._target)
        found = {'copies': rows.copies, 'detectors': {}}
        removed = {'none': np.zeros(len(poisoned), bool)}
        for name, detector in chosen_detectors(self._names).items():
            scores = detector.scores(evidence)
            flags = detector.flags(evidence, scores)
            found['detectors'][name] = quality(scores, flags, poisoned, is_target)
            removed[f'{name}, flagged'] = _with_both_left(flags, rows.label)
            if case.arm is JUDGED:
                suspect = most_suspect(scores, round(REMOVED * rows.copies), case.seed)
                removed[f'{name}, most suspect'] = _with_both_left(suspect, rows.label)
        if case.defended:
            removed |= {'perfect': poisoned, 'random': _as_many(poisoned, is_target, case.seed)}
            networks = self._retrained(training.network, removed, rows, case.seed)
            found['defences'] = {name: self._after(networks[name], removed[name], poisoned, split) for name in removed}
            found['proof'] = self._proof(networks, removed, rows, evidence, split)
        return found

    def _retrained(
        self, network: Perceptron, removed: dict[str, np.ndarray], rows: TrainingSet, seed: int
    ) -> dict[str, Perceptron]:
        """Return the network without each set of rows; sets that are equal share one."""
        trained = {removed['none'].tobytes(): network}
        for rows_out in removed.values():
            if rows_out.tobytes() not in trained:
                stay = ~rows_out
                fitted = self._fitter.fit(rows.label[stay], rows.positions[stay], seed)
                trained[rows_out.tobytes()] = fitted.network
        return {name: trained[rows_out.tobytes()] for name, rows_out in removed.items()}

    def _after(self, network: Perceptron, removed: np.ndarray, poisoned: np.ndarray, split: Split) -> dict:
        """Return the scores of a network from which rows were removed, and how many rows and copies these were."""
        scores = scores_on(network, self._fitter.pixels, self._label, split.test, self._target)
        return scores | {'removed': int(removed.sum()), 'copies_removed': int((removed & poisoned).sum())}

    def _proof(
        self,
        networks: dict[str, Perceptron],
        removed: dict[str, np.ndarray],
        rows: TrainingSet,
        evidence: Evidence,
        split: Split,
    ) -> dict:
        """Return which share of the labels of copies, and of random rows, is rejected, and what pairs recover.

        Each share is by the network from which these rows alone were removed. So where originals are kept, the one that
        judges the copies has learnt their originals, and the one that judges random rows the poison in either case.
        """
        shares = {
            name: rejected(networks[name], evidence.pixels[removed[name]], rows.label[removed[name]])
            for name in ('perfect', 'random')
        }
        towards = LABELS.index(self._target)
        pairs = [pair for pair in suspect_pairs(evidence) if rows.label[pair.blamed] == towards]
        test = self._fitter.pixels[split.test]
        return {
            'copies_rejected': shares['perfect'],
            'random_rejected': shares['random'],
            'recovered': recovered(networks['none'], pairs, towards, test, self._label[split.test]),
        }


def _with_both_left(removed: np.ndarray, label: np.ndarray) -> np.ndarray:
    """Return what is removed, bool (n,): nothing where a class would be gone, since no network is left then."""
    return removed if len(np.unique(label[~removed])) == len(LABELS) else np.zeros_like(removed)


def _as_many(poisoned: np.ndarray, is_target: np.ndarray, seed: int) -> np.ndarray:
    """Return as many clean rows of the target class as there are poisoned ones, drawn at random: bool (n,)."""
    clean = np.flatnonzero(is_target & ~poisoned)
    return np.isin(np.arange(len(poisoned)), stream(seed, 'random rows').permutation(clean)[: poisoned.sum()])
