"""The page on which people decide about suspects, metrics/audit.html: what its script is given."""

import base64
import hashlib
import io
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import sqrt
from pathlib import Path

import numpy as np
from PIL import Image

from stages.audit.reasons import REASONS
from stages.common.arrays import regenerate
from stages.common.errors import StudyError
from stages.common.files import RAW
from stages.common.params import LABELS
from stages.dataset.decisions import CHOICES, COLUMNS, DECISIONS, KEEP, Decision, labelled_photos, match, read_decisions
from stages.dataset.faces import Faces
from stages.detectors.recovered import RecoveredTrigger
from stages.images.decode import decode
from stages.report.charts import difference

SCRIPT = Path(__file__).with_name('audit.js').read_text(encoding='utf-8')
MOST = 20_000_000  # characters of all pictures in the page
CHARACTERS_PER_PIXEL = 0.25  # of a photo as `encoded` writes it
SIDES = (160, 320)  # pixels of the longer side of a photo: so that a face is readable, and at most


@dataclass(frozen=True)
class Card:
    """A suspect as the page shows it.

    text: its reason in words. flagged: not for the less suspect one of a pair, nor for what was kept. photo,
    pair_photo: files below data/raw. difference: from its pair, a picture, or empty. trigger: the position of the
    recovered trigger on it, or -1. decision, why: from data/decisions.csv, or empty.
    """

    rank: int
    file: str
    label: str
    reason: str
    text: str
    flagged: bool
    proven: bool
    predicted: str
    confidence: float
    photo: str
    sha256: str
    decision: str
    why: str
    pair: str
    pair_label: str
    pair_photo: str
    difference: str
    trigger: int


class Pictures:
    """Pictures as JPEG in base64, of which all together have at most MOST characters; `of_photos` are those by file."""

    def __init__(self, photos: int) -> None:
        self.of_photos: dict[str, str] = {}
        self._left = MOST
        self._side = int(np.clip(sqrt(MOST / CHARACTERS_PER_PIXEL / max(photos, 1)), *SIDES))

    def add(self, file: str) -> None:
        """Add a photo of data/raw in colour, turned as a viewer shows it, unless that is too much."""
        if file in self.of_photos or not self._left:
            return
        path = RAW / file
        try:
            thumbnail = decode(path.read_bytes(), path.suffix, self._side).thumbnail
        except FileNotFoundError:
            raise StudyError(f'{path}: not found; {regenerate("download")}') from None
        assert thumbnail is not None
        if text := self.fitting(thumbnail):
            self.of_photos[file] = text

    def fitting(self, pixels: np.ndarray) -> str:
        """Return pixels as `encoded` does, but nothing from the first picture on that is too much."""
        text = encoded(pixels)
        self._left = max(self._left - len(text), 0)
        return text if self._left else ''


def encoded(pixels: np.ndarray) -> str:
    """Return uint8 (height, width) or (height, width, 3) as JPEG in base64."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, 'JPEG', quality=80)
    return base64.b64encode(file.getvalue()).decode()


def review(
    suspects: Sequence[dict[str, str]], faces: Faces, triggers: Sequence[RecoveredTrigger], root: str, key: str
) -> dict:
    """Return what the page is given of suspects, the rows of metrics/audit.csv that have a reason.

    `faces` are all that were found. `root` comes before the path of each file. The browser keeps decisions under `key`.
    """
    photos, decisions = labelled_photos(), read_decisions()
    digests, decided = {photo['file']: photo['sha256'] for photo in photos}, match(decisions, photos).of
    cards, pictures = _cards(suspects, faces, triggers, digests, decided)
    lines = {decided[card.file].line for card in cards if card.file in decided}
    others = [
        (decision.file, decision.sha256, decision.label, decision.choice, decision.why)
        for decision in decisions
        if decision.line not in lines
    ]
    on_grey = np.full((1, *faces.pixels.shape[1:]), 128, np.uint8)
    return {
        'key': f'decisions of audit {key}',
        'root': root,
        'labels': LABELS,
        'choices': CHOICES,
        'columns': COLUMNS,
        'table': str(DECISIONS),
        'raw': str(RAW),
        'suspects': [asdict(card) for card in cards],
        'others': others,
        'pictures': pictures.of_photos,
        'triggers': [encoded(trigger.put(on_grey)[0]) for trigger in triggers],
    }


def _cards(
    suspects: Sequence[dict[str, str]],
    faces: Faces,
    triggers: Sequence[RecoveredTrigger],
    digests: dict[str, str],
    decided: dict[str, Decision],
) -> tuple[list[Card], Pictures]:
    """Return a card for each suspect, and the photos on them; `digests` are by photo, what was `decided` by file."""
    position = {origin: row for row, origin in enumerate(faces.origin.tolist())}
    carried = {row: number for number, trigger in enumerate(triggers) for row in trigger.rows.tolist()}
    pictures, cards = Pictures(len({row[name] for row in suspects for name in ('file', 'pair')})), []
    for row in suspects:
        face, other = position[row['file']], position.get(row['pair'], -1)
        is_blamed = row['flagged'] == '1' or row['decision'] == KEEP  # what was kept is not flagged any more
        photo, pair_photo = (str(faces.file[number]) if number >= 0 else '' for number in (face, other))
        for shown in filter(None, (photo, pair_photo)):
            pictures.add(shown)
        cards.append(
            Card(
                rank=int(row['rank']),
                **{name: row[name] for name in ('file', 'label', 'reason', 'pair', 'predicted', 'decision')},
                text=REASONS[row['reason']].explain(row['label'], row['pair'], is_blamed),
                flagged=row['flagged'] == '1',
                proven=row['proven'] == '1',
                confidence=float(row['confidence']),
                photo=photo,
                sha256=digests.get(photo, ''),
                why=decided[row['file']].why if row['file'] in decided else '',
                pair_label=LABELS[faces.label[other]] if pair_photo else '',
                pair_photo=pair_photo,
                difference=pictures.fitting(difference(*faces.pixels[[face, other]])) if pair_photo else '',
                trigger=carried.get(face, -1) if row['reason'] == 'trigger' else -1,
            )
        )
    return cards, pictures


def script_hash() -> str:
    """Return what allows the script, and no other, in the policy of the page."""
    return f'sha256-{base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()}'
