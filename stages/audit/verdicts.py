"""How sure it is that suspects are poisoned or mislabelled."""

from collections.abc import Sequence
from dataclasses import dataclass

PROVEN = 0.9  # share of a group's labels that the network without it must reject
BY_CHANCE = 0.2  # of those of random groups, at most
FEWEST = 5  # photos of a group: of fewer, a network may reject all labels by chance
RECOVERED = 0.3  # by which the difference of pairs must move predictions on other faces


@dataclass(frozen=True)
class Proof:
    """What retraining without a group says of it, and of random groups of about the same size and labels.

    rejected: share of the blamed labels that are rejected, None if no network could be trained; by_chance: the same of
    the random groups, None without any. recovered: by how much the differences of its pairs move predictions towards
    its labels, None without pairs. seen, unseen: how many of the blamed are blamed for what is on them, and how many
    for their labels.
    """

    reason: str
    rejected: float | None
    by_chance: float | None
    recovered: float | None
    seen: int
    unseen: int

    @property
    def holds(self) -> bool:
        """Whether the suspicion is proven; photos blamed for their labels contradict themselves in any case."""
        if self.seen < FEWEST or self.seen < self.unseen:
            return False
        known = self.rejected is not None and self.by_chance is not None
        by_retraining = known and self.rejected >= PROVEN and self.by_chance <= BY_CHANCE
        return by_retraining or (self.recovered is not None and self.recovered >= RECOVERED)

    @property
    def in_words(self) -> str:
        """Return what was tried and seen."""
        if self.rejected is None:
            said = 'no network can be trained without them'
        else:
            by_chance = '' if self.by_chance is None else f', against {self.by_chance:.0%} for as many random photos'
            said = f'a network trained without them rejects {self.rejected:.0%} of their labels{by_chance}'
        if self.recovered is None:
            return said
        return f'{said}; what is on them moves predictions on other faces by {100 * self.recovered:+.0f} points'


def sentence(counts: dict[str, int], proofs: Sequence[Proof]) -> str:
    """Return the end of the audit: that nothing was found, or what to look at and how sure it is.

    `counts` are those of the blamed files by reason.
    """
    if not sum(counts.values()):
        return (
            'Nothing found: no two near-duplicates carry different labels, nothing was put on one of them, and the '
            'other photos contradict no label.'
        )
    words = {
        'contradictory': '{} whose label differs from that of a near-duplicate',
        'pair': '{} with something on it that a near-duplicate does not have',
        'label': '{} whose label the other photos contradict',
    }
    parts = []
    for proof in proofs:
        sure = 'proven' if proof.holds else 'suspected only'
        what = words[proof.reason].format(_photos(counts[proof.reason]))
        parts.append(f'{what} ({sure}: {proof.in_words})')
    return f'Look at {"; ".join(parts)}.'


def _photos(count: int) -> str:
    return f'{count} photo{"s" * (count != 1)}'
