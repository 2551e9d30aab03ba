"""What proves a suspicion: networks without the suspects, and without random faces, and moved predictions."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np

from stages.audit.judged import triggers_of
from stages.audit.power import Power
from stages.audit.reasons import REASONS, Suspects, ranking
from stages.common.arrays import Rows
from stages.common.params import LABELS, integer_seed, stream
from stages.dataset.decisions import KEEP, Decided
from stages.detectors.proof import MAX_FACES
from stages.scores.scores import MIN_PHOTOS, has_learnt
from stages.scores.statistics import mean_interval
from stages.trainings.fit import ProbedTask, Record, Task

SEEDS = 3  # of networks without a random group of faces, whose labels are tested like those of the suspects
MIN_REJECTED = 0.9  # share of a group's labels that the network without it must reject
MAX_RANDOM_REJECTED = 0.2  # the same for random groups
MIN_MOVEMENT = 0.3  # of predictions on other faces, by the differences of pairs
MIN_GAIN = 0.1  # of movement by a recovered trigger, at the low end of its interval, over networks without its photos
CONFIDENCE = 0.95  # of that interval, and that the networks learnt
MIN_TRANSFER = 0.15  # of half of the photos with a recovered trigger to the labels of the other half
MIN_PLACEBOS = 1.5  # the same, as a multiple of the largest of placebos

Train = Callable[[Sequence[Task]], list[Record]]


@dataclass(frozen=True)
class Proof:
    """What retraining without the suspects of a reason says of them, and of random groups of about the same labels.

    photos: how many are blamed. rejected: share of their labels that are rejected, None if no network could be trained;
    random_rejected: the same for the random groups, None without any. movement: of predictions on other faces towards
    their labels, by the differences of pairs, None without pairs. visible: how many are blamed for something visible.
    """

    reason: str
    photos: int
    rejected: float | None
    random_rejected: float | None
    movement: float | None
    visible: int

    @property
    def holds(self) -> bool:
        """Whether the suspicion is proven; photos blamed for their labels are contradicted in any case."""
        if self.visible < max(MIN_PHOTOS, self.photos - self.visible):
            return False
        if self.movement is not None and self.movement >= MIN_MOVEMENT:
            return True
        if self.rejected is None or self.random_rejected is None:
            return False
        return self.rejected >= MIN_REJECTED and self.random_rejected <= MAX_RANDOM_REJECTED


@dataclass(frozen=True)
class Movement:
    """Of predictions on other faces towards a label, by a recovered trigger that is put on them: means over SEEDS.

    trained: of networks trained on all photos. without, without_random: of networks trained without the suspects, or
    without as many random photos. gain_low: the low end of the interval of the first less the second.
    """

    trained: float
    without: float
    without_random: float
    gain_low: float

    @property
    def needs_photos(self) -> bool:
        """Whether it is the suspects that let the trigger move predictions: a natural feature does so without them."""
        is_random = self.without_random - self.without < (self.trained - self.without) / 2
        return self.gain_low >= MIN_GAIN and not is_random


@dataclass(frozen=True)
class TriggerProof:
    """What speaks for a recovered trigger.

    label: that of the photos that carry it. photos: how many. evidence: -log10 of the chance that it recurs among
    suspects as often as it does. is_whole: whether it is all over the face. movement: None where the networks for it
    cannot be trained. transfer, placebo: as in detectors/proof.py.
    """

    label: int
    photos: int
    evidence: float
    is_whole: bool
    movement: Movement | None
    transfer: float
    placebo: float

    @property
    def speak_for_each_other(self) -> bool:
        """Whether half of the photos speak for the labels of the other half, more than label errors do."""
        return self.transfer >= max(MIN_TRANSFER, MIN_PLACEBOS * self.placebo)

    @property
    def holds(self) -> bool:
        """Whether it is proven to be a trigger."""
        return self.speak_for_each_other or (self.movement is not None and self.movement.needs_photos)


@dataclass(frozen=True)
class Suspect:
    """A flagged face: its rank in metrics/audit.csv, its position among all faces, and that of its pair, or -1."""

    rank: int
    reason: str
    face: int
    partner: int


@dataclass(frozen=True)
class AuditSummary:
    """The audit in numbers: photos with a face, how many are flagged and proven, and why; suspects by rank.

    A photo that is to be kept is not flagged. trained: how many faces networks are trained on, but for some. learnt:
    whether networks are known to have learnt; else they prove nothing. undecided: how many of the flagged ones
    data/decisions.csv does not name. changed: how many had other content or another label when decided on. unmatched:
    decisions on no photo.
    """

    made_from: str
    photos: int
    trained: int
    learnt: bool
    flagged: int
    proven: int
    undecided: int
    changed: int
    unmatched: int
    reasons: dict[str, int]
    proofs: list[Proof]
    triggers: list[TriggerProof]
    power: list[Power]
    suspects: list[Suspect]


@dataclass(frozen=True)
class Judgement:
    """What is said of each of n faces.

    ranked: int64 (n,), their positions, the most suspect first. flagged, proven: bool (n,). probability: float (n,),
    P(male), by a network that was trained without the suspects, if there is one. choice: str (n,), what was decided.
    """

    ranked: np.ndarray
    flagged: np.ndarray
    proven: np.ndarray
    probability: np.ndarray
    choice: np.ndarray


def judgement_of(suspected: Suspects, proofs: 'Proofs', choice: np.ndarray) -> Judgement:
    """Return what is said of each face; `choice`, str (n,), is what was decided on each before."""
    rejected = proofs.rejected(('suspects', 0))
    ranked = ranking(suspected, np.zeros(len(choice), bool) if rejected is None else rejected)
    flagged = suspected.blamed & (choice != KEEP)
    record = proofs.records.get(('suspects', 0), proofs.record)
    return Judgement(ranked, flagged, flagged & proofs.proven(), record['probability'], choice)


def summarise_audit(
    suspected: Suspects, judgement: Judgement, proofs: 'Proofs', power: list[Power], decided: Decided, made_from: str
) -> AuditSummary:
    """Return the audit in numbers."""
    flagged = judgement.flagged
    return AuditSummary(
        made_from=made_from,
        photos=len(flagged),
        trained=len(proofs.trained),
        learnt=proofs.learnt,
        flagged=int(flagged.sum()),
        proven=int(judgement.proven.sum()),
        undecided=int((flagged & (judgement.choice == '')).sum()),
        changed=len(decided.changed),
        unmatched=len(decided.unmatched),
        reasons={name: int(flagged[suspected.group(name)].sum()) for name in REASONS},
        proofs=proofs.of_reasons(),
        triggers=proofs.of_triggers(),
        power=power,
        suspects=[
            Suspect(rank, suspected.reason[face], face, int(suspected.partner[face]))
            for rank, face in enumerate(judgement.ranked.tolist(), start=1)
            if flagged[face]
        ],
    )


class Proofs:
    """Trainings on all faces, without the suspects, and without random faces, and what they prove.

    `label` is that of all faces, uint8 (n,), `pixels` are theirs, `record` that of AuditFits on them; `train` returns
    the records of trainings on those at the positions `trained`, int64 (k,), but for some.
    """

    def __init__(
        self,
        label: np.ndarray,
        pixels: Rows,
        trained: np.ndarray,
        suspected: Suspects,
        record: Record,
        seed: int,
        train: Train,
    ) -> None:
        self.label, self.trained, self.suspected, self.record = label, trained, suspected, record
        self.names = [name for name in REASONS if len(suspected.group(name))]
        self.triggers = triggers_of(record)
        self.random = [
            {name: random_group(suspected, label, name, seed, index) for name in self.names} for index in range(SEEDS)
        ]
        # The faces that each trigger is tried on: of the other label, and not suspect.
        self.tried = [
            np.flatnonzero((suspected.reason == '') & (label != trigger.label))[:MAX_FACES] for trigger in self.triggers
        ]
        put = [trigger.put(pixels[rows]) for trigger, rows in zip(self.triggers, self.tried, strict=True)]
        probes = np.concatenate([np.empty((0, *pixels.shape[1:]), np.uint8), *put])
        seeds = [seed, *(integer_seed(seed, f'proof {index}') for index in range(1, SEEDS))]
        self.left_out = {key: rows for key, rows in self._planned().items() if self._can_be_left_out(rows)}
        kind = partial(ProbedTask, probes=probes) if self.triggers else Task
        tasks = []
        for (_, index), rows in self.left_out.items():
            stay = np.setdiff1d(trained, rows)
            tasks.append(kind(stay, label[stay], seeds[index]))
        self.records = dict(zip(self.left_out, train(tasks) if tasks else [], strict=True))

    def _planned(self) -> dict[tuple[str, int], np.ndarray]:
        """Return which faces each network is trained without, by the kind of network and the index of its seed."""
        suspects = np.flatnonzero(self.suspected.reason != '')
        random = [np.unique(np.concatenate(list(groups.values()))) for groups in self.random if groups]
        # Where there is no trigger to try, one network without the suspects is enough.
        planned = {('suspects', index): suspects for index in range(SEEDS if self.triggers else 1) if len(suspects)}
        planned |= {('random', index): rows for index, rows in enumerate(random) if len(rows)}
        return planned | {('all', index): suspects[:0] for index in range(SEEDS if self.triggers else 0)}

    def _can_be_left_out(self, rows: np.ndarray) -> bool:
        return len(np.unique(self.label[np.setdiff1d(self.trained, rows)])) == len(LABELS)

    def rejected(self, key: tuple[str, int]) -> np.ndarray | None:
        """Return whether a network trained without some faces rejects the label of each of them, bool (n,)."""
        if key not in self.records:
            return None
        rejected, rows = np.zeros(len(self.label), bool), self.left_out[key]
        rejected[rows] = (self.records[key]['probability'][rows] > 0.5) != self.label[rows]
        return rejected

    @cached_property
    def learnt(self) -> bool:
        """Whether networks trained without random faces are known to predict their labels."""
        keys = [('random', index) for index in range(SEEDS) if ('random', index) in self.records]
        if not keys:
            return False
        rows = np.concatenate([self.left_out[key] for key in keys])
        wrong = sum(int(rejected.sum()) for key in keys if (rejected := self.rejected(key)) is not None)
        return has_learnt([1 - wrong / len(rows)], len(np.unique(rows)), CONFIDENCE)

    def of_reasons(self) -> list[Proof]:
        """Return the proof for each reason that there is, but for recovered triggers."""
        of_suspects, of_random = self.rejected(('suspects', 0)), [self.rejected(('random', i)) for i in range(SEEDS)]
        moved = dict(zip(('contradictory', 'pair'), self.record['movement'], strict=True))
        proofs = []
        for name in self.names:
            if name == 'trigger':
                continue
            group = self.suspected.group(name)
            accused = group[self.suspected.blamed[group]]
            chance = [
                rejected[groups[name]].mean()
                for rejected, groups in zip(of_random, self.random, strict=True)
                if rejected is not None and len(groups[name])
            ]
            movements = moved.get(name, np.empty(0))
            proofs.append(
                Proof(
                    reason=name,
                    photos=len(accused),
                    rejected=None if of_suspects is None else float(of_suspects[accused].mean()),
                    random_rejected=float(np.mean(chance)) if chance else None,
                    movement=max(movements[~np.isnan(movements)].tolist(), default=None),
                    visible=int(self.suspected.is_visible[accused].sum()),
                )
            )
        return proofs

    def of_triggers(self) -> list[TriggerProof]:
        """Return what speaks for each recovered trigger."""
        proofs = []
        for number, trigger in enumerate(self.triggers):
            moved = [self._movements(number, kind) for kind in ('all', 'suspects', 'random')]
            movement = None
            if self.learnt and all(len(values) == SEEDS for values in moved):
                gains = np.subtract(moved[0], moved[1])[:, None]
                (gain_low,), _ = mean_interval(gains, CONFIDENCE, len(self.tried[number]))
                trained, without, without_random = (float(np.mean(values)) for values in moved)
                movement = Movement(trained, without, without_random, float(gain_low))
            photos = int((self.suspected.reason[trigger.rows] == 'trigger').sum())
            halves = self.record['transfer'][number].tolist()
            proofs.append(TriggerProof(trigger.label, photos, trigger.evidence, trigger.is_whole, movement, *halves))
        return proofs

    def proven(self) -> np.ndarray:
        """Return which faces a proof is for that holds, bool (n,)."""
        holding = [proof.reason for proof in self.of_reasons() if proof.holds and self.learnt]
        proven = np.isin(self.suspected.reason, holding)
        for trigger, proof in zip(self.triggers, self.of_triggers(), strict=True):
            if proof.holds:
                proven[trigger.rows[self.suspected.reason[trigger.rows] == 'trigger']] = True
        # Those that are blamed for their label alone may be label errors beside poison.
        return proven & self.suspected.blamed & self.suspected.is_visible

    def _movements(self, number: int, kind: str) -> list[float]:
        """Return by how much a trigger moves the predictions of each network of a kind towards its label."""
        starts = np.cumsum([0, *(len(rows) for rows in self.tried)])
        part, label, rows = slice(*starts[number : number + 2]), self.triggers[number].label, self.tried[number]
        if not len(rows):
            return []
        moved = []
        for (of_kind, _), record in self.records.items():
            if of_kind == kind:
                after, before = ((record[name] > 0.5) == label for name in ('probes', 'probability'))
                moved.append(float(after[part].mean() - before[rows].mean()))
        return moved


def random_group(suspected: Suspects, label: np.ndarray, reason: str, seed: int, index: int) -> np.ndarray:
    """Return the `index`th group of unsuspected faces, as many of each label as have a reason, or as there are."""
    counts = np.bincount(label[suspected.group(reason)], minlength=len(LABELS))
    drawn = []
    for number, count in enumerate(counts):
        free = np.flatnonzero((suspected.reason == '') & (label == number))
        drawn.append(stream(seed, f'random {number} for {reason}', index).permutation(free)[:count])
    return np.sort(np.concatenate(drawn))
