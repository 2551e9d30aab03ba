"""Power: what this audit would have found of known poison, had it been among these very photos."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from scipy.stats import betabinom

from stages.common.arrays import Rows
from stages.common.params import LABELS, Section, stream, within
from stages.detectors.evidence import Evidence
from stages.detectors.leave_set_out import LeaveSetOut
from stages.detectors.recurring import recurrence
from stages.trainings.fit import Record
from stages.triggers.trigger import default_trigger, triggered

TRIGGERS = ('dots', 'patch', 'blend')
ERRORS = 'wrong labels'
POISON_RATES = (0.005, 0.0125, 0.05)
CLUSTERING = 0.02  # least correlation of whether photos with the same trigger are flagged
CONFIDENCE = 0.95


class AuditParams(Section):
    """The audit of your own photos."""

    power: bool = True
    """also say what the audit would have found: plant known poison in copies of the photos"""
    gallery: Annotated[int, within(1, 200)] = 24
    """suspects shown in the picture"""
    decide: Literal['none', 'proven', 'flagged'] = 'none'
    """suspects that the clean set leaves out if data/decisions.csv does not name them: none, proven or flagged"""


@dataclass(frozen=True)
class Plant:
    """Poison that is planted: photos of one label get another, and a trigger, or none for label errors.

    rows: their positions among all faces, int64 (k,); the originals are gone. target: the new label.
    """

    kind: str
    poison_rate: float
    rows: np.ndarray
    target: int
    seed: int


@dataclass(frozen=True)
class Power:
    """How many photos with planted poison of a kind are flagged, and an interval for the share of other such poison.

    planted, flagged: numbers of photos. false: share of the other photos that are flagged in addition.
    """

    kind: str
    poison_rate: float
    planted: int
    flagged: int
    low: float
    high: float
    false: float

    @property
    def recall(self) -> float:
        """The share of the planted photos that are flagged."""
        return self.flagged / self.planted


def flags_without_network(evidence: Evidence, labels: Sequence[int] = range(len(LABELS))) -> np.ndarray:
    """Return which rows detectors without a network flag, bool (n,); triggers are looked for on rows of some labels."""
    detector = LeaveSetOut()
    return detector.flags(evidence, detector.scores(evidence)) | recurrence(evidence, labels).flags


class Planting:
    """Plants poison in faces, and returns what detectors without a network flag of it."""

    def __init__(self, pixels: Rows, landmarks: Rows, label: np.ndarray, flagged: np.ndarray):
        """Take all faces, and which are flagged without any planted poison, bool (n,)."""
        self.faces = Evidence(label, pixels[:], 0)
        self.landmarks, self.flagged = landmarks, flagged

    def __call__(self, plant: Plant) -> Record:
        """Return which of the planted rows are flagged, bool (k,), and how many others that were not before."""
        rows, label = plant.rows, self.faces.label.copy()
        label[rows] = plant.target
        pixels = self.faces.pixels[rows]
        if plant.kind != ERRORS:
            pixels = np.stack(list(triggered(default_trigger(plant.kind, plant.seed), pixels, self.landmarks[rows])))
        with self.faces.planted(rows, pixels, label, plant.seed) as evidence:
            flags = flags_without_network(evidence, [] if plant.kind == ERRORS else [plant.target])
        others = flags & ~self.flagged
        others[rows] = False
        return {'flags': flags[rows], 'false': np.array(others.sum())}


def plants(label: np.ndarray, is_suspect: np.ndarray, seed: int) -> list[Plant]:
    """Return the poison to plant, each kind at each poison rate and to each label, in photos that are not suspect.

    label: uint8 (n,), is_suspect: bool (n,). Too small a class gets none.
    """
    planned: list[Plant] = []
    for kind in (*TRIGGERS, ERRORS):
        for rate in POISON_RATES:
            for target in range(len(LABELS)):
                free = np.flatnonzero((label != target) & ~is_suspect)
                count = round(rate * len(label))
                if 0 < count < len(free):
                    number = len(planned)
                    rows = np.sort(stream(seed, 'planted', number).permutation(free)[:count])
                    planned.append(Plant(kind, rate, rows, target, seed + number))
    return planned


def power_of(planted: Sequence[Plant], records: Sequence[Record], photos: int) -> list[Power]:
    """Return what is flagged of each kind at each poison rate, in the order of the plants; `photos` is that of all."""
    groups: dict[tuple[str, float], list[Record]] = {}
    for plant, record in zip(planted, records, strict=True):
        groups.setdefault((plant.kind, plant.poison_rate), []).append(record)
    results = []
    for (kind, rate), alike in groups.items():
        flags = np.stack([record['flags'] for record in alike])
        low, high = interval(flags.sum(axis=1), flags.shape[1])
        false = float(np.mean([record['false'] for record in alike])) / photos
        results.append(Power(kind, rate, flags.size, int(flags.sum()), low, high, false))
    return results


def interval(flagged: np.ndarray, size: int) -> tuple[float, float]:
    """Return an interval for the share of `size` photos with poison like this that is flagged, from plants of as many.

    flagged: how many photos of each plant. The count is predicted by a beta-binomial distribution (Jeffreys' prior), in
    which photos of one plant are correlated: they tell as much as size / (1 + (size - 1) correlation) others would
    (Kish, 1965). The correlation is CLUSTERING, or more where the plants differ more (the moments of the shares): a
    trigger may be found on all photos of one label and on few of the other.
    """
    shares = flagged / size
    recall, tail = shares.mean(), (1 - CONFIDENCE) / 2
    spread = recall * (1 - recall)
    between = (shares.var(ddof=1) - spread / size) / spread if spread and len(shares) > 1 else 0
    correlation = min(max(CLUSTERING, between), 1)
    known = flagged.size * size / (1 + (size - 1) * correlation)
    count = 1 / (1 / known + correlation)
    predicted = betabinom(size, recall * count + 0.5, (1 - recall) * count + 0.5)
    return float(predicted.ppf(tail)) / size, float(predicted.ppf(1 - tail)) / size
