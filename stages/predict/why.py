"""Why a label is predicted: the training photos that speak most for it, and what a network without them predicts."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from joblib import cpu_count

from stages.common.errors import FactError, StudyError, advising, counted
from stages.common.files import printable
from stages.common.params import LABELS, stream
from stages.dataset.faces import load_faces_and_triggered
from stages.dataset.model import Model, load_rows
from stages.dataset.poison import pool
from stages.detectors.distances import Halves, squared_distances
from stages.detectors.evidence import Evidence, TooManyRowsError, check_rows
from stages.predict.photo import Prediction, rounded, versions
from stages.report.charts import gallery
from stages.trainings.fit import Fits, ProbedTask, fits
from stages.trainings.store import finished

NAMED = 10  # training photos
COLUMNS = 6  # faces a row of their picture
ADVICE: dict[type[FactError], str] = {TooManyRowsError: '--why: {}; leave it out, or train on fewer photos'}


@dataclass(frozen=True)
class Reasons:
    """The training rows that speak most for a label, the strongest first, by kernel ridge regression.

    rows: int64 (k,), none a near-duplicate of another with the same label. moved: float (k,), by how much the
    regression moves towards the other label if a row is left out together with its near-duplicates of the same label.
    out: int64, all of these. value: what the regression predicts from all rows, near -1 or 1. together: by how much it
    moves without `out`.
    """

    rows: np.ndarray
    moved: np.ndarray
    out: np.ndarray
    value: float
    together: float


def strongest(pixels: np.ndarray, label: np.ndarray, crop: np.ndarray, number: int, count: int = NAMED) -> Reasons:
    """Return the `count` training rows that speak most for the label `number` of a crop, uint8 (size, size).

    `pixels` are the rows, uint8 (n, size, size), and `label` their labels, uint8 (n,). A TooManyRowsError is that of
    `check_rows`.
    """
    check_rows((len(label) + 1, *crop.shape))
    # The crop is one more row, which every regression leaves out: so one inverse serves them all.
    evidence = Evidence(np.append(label, np.uint8(number)), np.concatenate([pixels, crop[None]]), seed=0)
    place, alike = len(label), evidence.groups[:-1] * len(LABELS) + label
    order = np.argsort(alike, kind='stable')
    groups = np.split(order, np.flatnonzero(np.diff(alike[order])) + 1)

    def without(rows: np.ndarray) -> float:
        return float(evidence.ridge.predictions_of(np.append(rows, place), evidence.sign)[-1])

    value, sign = without(np.empty(0, np.int64)), evidence.sign[place]
    moved = np.array([sign * (value - without(group)) for group in groups])
    chosen = np.argsort(-moved, kind='stable')[:count]
    distance = np.minimum(*squared_distances(Halves.of(crop[None]), Halves.of(pixels)))[0]
    nearest = [groups[position][distance[groups[position]].argmin()] for position in chosen]
    out = np.concatenate([groups[position] for position in chosen])
    return Reasons(np.array(nearest), moved[chosen], out, value, sign * (value - without(out)))


def random_rows(label: np.ndarray, out: np.ndarray, seed: int) -> np.ndarray:
    """Return as many other rows of each label as `out` has, int64; a StudyError says that there are too few."""
    others, random = np.setdiff1d(np.arange(len(label)), out), stream(seed, 'rows to compare with')
    drawn = []
    for number, name in enumerate(LABELS):
        candidates, count = others[label[others] == number], int((label[out] == number).sum())
        if len(candidates) < count:
            raise StudyError(
                f'--why: training without {count} photos labelled {name} needs as many others to compare with, '
                f'and there are {len(candidates)}; give more photos'
            )
        drawn.append(random.permutation(candidates)[:count])
    return np.concatenate(drawn)


class Why:
    """Explains predictions of a model by the rows that it was trained on."""

    def __init__(self, model: Model):
        """Read the rows; a StudyError says that data/faces and data/adversarial are not those of the model."""
        self._faces, triggered = load_faces_and_triggered()
        self._rows, self._recipe = load_rows(model, self._faces, triggered)
        self._pixels = pool(self._faces.pixels, triggered.pixels).pick(self._rows.positions)
        self._versions = versions(model)

    def __call__(self, prediction: Prediction, picture: Path) -> None:
        """Print why a face has its predicted label, and the other one with the trigger if that flips it.

        Each is drawn in a file beside the picture.
        """
        for label in dict.fromkeys(prediction.predicted):
            version = prediction.predicted.index(label)
            crop, probability = prediction.crops[version], prediction.probability[version]
            with advising(ADVICE):
                reasons = strongest(self._pixels[:], self._rows.label, crop, LABELS.index(label))
            print(f'  why {label}, {self._versions[version]}:\n{self._named(reasons)}')
            others = random_rows(self._rows.label, reasons.out, self._recipe.seed)
            without = [rounded(again) for again in self._trained_without([reasons.out, others], crop)]
            names = 'trained again without them', f'trained again without {len(others)} random ones'
            for name, again in zip(names, without, strict=True):
                print(f'    {name:{max(map(len, names))}}  P(male) {again:>6}')
            shown = zip(reasons.rows, reasons.moved, strict=True)
            captions = ['the face', *('\n'.join([*self._kind(row), f'{moved:.3f}']) for row, moved in shown)]
            title = f'P(male) {rounded(probability)}; trained again without these photos {without[0]},\n'
            title += f'without as many random ones {without[1]}'
            path = picture.with_stem(f'{picture.stem}-why-{label}')
            gallery([crop, *self._pixels[reasons.rows]], captions, title, path, COLUMNS)
            print(f'    their faces: {printable(str(path))}')

    def _named(self, reasons: Reasons) -> str:
        """Return plain lines on the rows that speak most for a label."""
        lines = [
            f'    a kernel regression on all training photos gives {reasons.value:+.2f} (female -1, male +1); '
            'without each of these, it moves by'
        ]
        for row, moved in zip(reasons.rows, reasons.moved, strict=True):
            origin = printable(str(self._faces.origin[self._rows.face[row]]))
            lines.append(f'      {moved:.3f}  {origin} ({", ".join(self._kind(row))})')
        more = len(reasons.out) - len(reasons.rows)
        beside = f', with {counted(more, "near-duplicate")} of the same label' if more else ''
        return '\n'.join([*lines, f'      {reasons.together:.3f}  all of them{beside}'])

    def _kind(self, row: int) -> list[str]:
        """Return the label of a row, and what else it is."""
        kinds = {'poisoned': self._rows.poisoned, 'triggered': self._rows.cover}
        return [LABELS[self._rows.label[row]], *(kind for kind, rows in kinds.items() if row in rows)]

    def _trained_without(self, removed: list[np.ndarray], crop: np.ndarray) -> list[float]:
        """Return P(male) of a crop after the same training without some rows, for each of several such sets."""
        label = self._rows.label
        stays = [np.setdiff1d(np.arange(len(label)), rows) for rows in removed]
        tasks = [ProbedTask(stay, label[stay], self._recipe.seed, crop[None]) for stay in stays]
        build, workers = fits(Fits, self._pixels, self._recipe), min(len(tasks), cpu_count())
        return [float(record['probes'][0]) for record in finished(build, tasks, workers, 'training again')]
