"""What was read of the data, and what was lost on the way, in words."""

from collections.abc import Sequence
from pathlib import Path

from stages.common.errors import counted
from stages.common.files import METRICS, RAW, read_json
from stages.common.params import LABELS
from stages.sources.lost import LOSSES, first

LOUD = 0.05  # of the pictures: where more are lost, a warning says so
# What is said after a number of pictures, and what to do about them, if anything is lost with them.
LOST = {name: (loss.words, loss.advice) for name, loss in LOSSES.items()} | {
    'unreadable': ('not readable as a picture', 'save them as JPEG or PNG'),
    'faceless': ('without a face', 'give photos that show a whole, upright face'),
    'turned_away': ('turned away', 'raise preprocess.asymmetry'),
    'contradictory': ('with a near-duplicate that carries the other label', 'look at each with its near-duplicate'),
    'repeated': ('near-duplicates of ten others', ''),
    'unbalanced': ('left out of the study, not of the audit, to have as many of both labels', ''),
}


def data_part() -> dict | None:
    """Return the part of the page, None before the stage preprocess has run: a sentence, a warning, and all counts."""
    path = METRICS / 'preprocess.json'
    counts = read_json(path) if path.is_file() else {}
    if 'pictures' not in counts:
        return None
    return {
        'sentence': read_sentence(counts, unlabelled_folders(RAW)),
        'warning': loss_warning(counts),
        'facts': data_facts(counts),
    }


def unlabelled_folders(raw: Path) -> list[str]:
    """Return the folders that have pictures without a label, those with most of them first."""
    return read_json(raw / 'read.json')['unlabelled_in'] if (raw / 'read.json').is_file() else []


def data_lines(counts: dict, unlabelled_in: Sequence[str]) -> str:
    """Return the sentence and, where much was lost, the warning as lines."""
    return '\n'.join(filter(None, [read_sentence(counts, unlabelled_in), loss_warning(counts)]))


def read_sentence(counts: dict, unlabelled_in: Sequence[str]) -> str:
    """Say how many pictures there were, how many of them are used, and why the others are not.

    `counts` are those of metrics/preprocess.json, or those of data/raw/read.json, where they are taken, not yet used.
    """
    losses = []
    for name in _losses(counts):
        folders = f' (folders {first(unlabelled_in, 4)})' if name == 'unlabelled' and unlabelled_in else ''
        losses.append(f'{counts[name]:,} {LOST[name][0]}{folders}')
    kept = f'{counts["used"]:,} used' if 'used' in counts else f'{counts["photos"]:,} taken'
    if counts.get('several_faces'):
        kept += f', {counts["several_faces"]:,} of them for the largest of several faces'
    return f'{counted(counts["pictures"], "picture")}: {"; ".join(filter(None, [kept, ", ".join(losses)]))}'


def loss_warning(counts: dict) -> str:
    """Return what to do where over 5 % of the pictures are lost, or nothing."""
    losses = {name: number for name, number in _losses(counts).items() if LOST[name][1]}
    lost = sum(losses.values())
    if lost <= LOUD * counts['pictures']:
        return ''
    most = max(losses, key=lambda name: losses[name])
    words, advice = LOST[most]
    of_them = 'all' if losses[most] == lost else f'{losses[most]:,} of them'
    return (
        f'WARNING: {lost:,} of {counts["pictures"]:,} pictures ({lost / counts["pictures"]:.0%}) are lost, '
        f'{of_them} {words}: {advice}. metrics/remarks.csv lists each with its reason.'
    )


def _losses(counts: dict) -> dict[str, int]:
    return {name: counts[name] for name in LOST if counts.get(name)}


def data_facts(counts: dict) -> list[tuple[str, int]]:
    """Return the counts of metrics/preprocess.json in words: pictures, those left out and why, faces kept."""
    facts = [('pictures', counts['pictures'])]
    facts += [(f'left out: {LOST[name][0]}', number) for name, number in _losses(counts).items()]
    kept = {'duplicates': 'kept beside a near-duplicate', 'several_faces': 'kept for the largest of several faces'}
    facts += [(words, counts[name]) for name, words in kept.items() if counts.get(name)]
    return facts + [(f'faces kept, labelled {label}', counts['kept'][label]) for label in LABELS]
