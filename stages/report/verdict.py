"""What the study found, in two sentences."""

from collections.abc import Sequence

SAID = {'falls': 'a fall', 'rises': 'a rise'}


def sentences(arms: Sequence[dict[str, str]]) -> list[str]:
    """Return what the dirty-label and the clean-label attack do at the highest poison rate, a sentence each.

    `arms` are the rows of metrics/sweep/arms.csv.
    """
    found = {(row['arm'], float(row['fraction']), row['score']): row for row in arms}
    rate = max(fraction for _, fraction, _ in found)
    if not rate:
        return ['No poison rate above 0 was studied.']
    dirty, clean = (
        {score: found[arm, rate, score] for score in ('ASR', 'clean accuracy')}
        for arm in ('dirty-label', 'clean-label')
    )
    before = found['dirty-label', 0.0, 'ASR']
    return [
        f'With copies of {rate:.2%} of the training faces that carry the trigger and the wrong label (dirty-label), '
        f'the attack success rate is {float(dirty["ASR"]["mean"]):.1%}, and {float(before["mean"]):.1%} without '
        f'poison; clean accuracy changes by {_change(dirty["clean accuracy"])}.',
        'With copies that carry the trigger and keep their label (clean-label, as published), the attack success rate '
        f'changes by {_change(clean["ASR"])} and clean accuracy by {_change(clean["clean accuracy"])}.',
    ]


def _change(row: dict[str, str]) -> str:
    change, low, high = (100 * float(row[name]) for name in ('change', 'change_low', 'change_high'))
    verdict = SAID.get(row['verdict'], row['verdict'])
    return f'{change:+z.1f} points ({low:+z.1f} to {high:+z.1f}, {verdict})'
