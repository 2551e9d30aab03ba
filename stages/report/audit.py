"""The audit in words, a table and a picture."""

from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
from cycler import cycler
from matplotlib.figure import Figure

from stages.audit.judged import TRIGGERS_FILE, TRIGGERS_VERSION, triggers_of
from stages.audit.power import Power
from stages.audit.proof import AuditSummary, Proof, TriggerProof
from stages.audit.reasons import REASONS
from stages.common.arrays import read_arrays, regenerate
from stages.common.errors import counted
from stages.common.files import METRICS, read_csv, write_text
from stages.common.params import LABELS
from stages.dataset.decisions import DECISIONS
from stages.dataset.faces import Faces
from stages.detectors.evidence import CENTRES, EXACT_ROWS
from stages.detectors.patches import MINED
from stages.detectors.recovered import RecoveredTrigger
from stages.report import page
from stages.report.charts import BLUE, ORANGE, FacePair, draw_pairs, gallery, hover, save_chart
from stages.report.review import review
from stages.scores.scores import MIN_PHOTOS

NOTHING = (
    'Nothing found: no two near-duplicates carry different labels, nothing was put on one of them, nothing recurs on '
    'photos whose labels look wrong, and the other photos contradict no label.'
)
POWER = 'Share of planted poison that this audit flags'
UNLEARNT = 'no network without them is known to have learnt, so nothing is proven'
SHOWN = 3  # faces with a recovered trigger put on them, and photos that carry it


def audit_part(folder: Path, made_from: str, faces: Faces, count: int, root: str) -> dict | None:
    """Write the sentence, draw up to `count` suspects, and return what both pages show.

    It is None without an audit of what is `made_from`. `faces` are all that were found. `root` is the folder of photos.
    """
    summary = page.current('audit', AuditSummary, made_from)
    if summary is None:
        return None
    write_text(folder / 'audit.md', f'{sentence(summary)}\n')
    arrays = read_arrays(TRIGGERS_FILE, TRIGGERS_VERSION, regenerate('audit'))
    triggers = triggers_of(arrays)
    unknown = {} if summary.learnt else {'predicted': ''}
    suspects = [row | unknown for row in read_csv(METRICS / 'audit.csv') if row['reason']]
    draw_suspects(summary, faces, count, folder / 'suspects.png')
    shown = review(suspects, faces, triggers, root, made_from)
    return {
        'sentence': sentence(summary),
        'counts': summary,
        'reasons': Counter(row['reason'] for row in suspects if row['flagged'] == '1' or row['decision']),
        'review': shown,
        'without': sum(card['photo'] not in shown['pictures'] for card in shown['suspects']),
        'triggers': triggers and page.picture(partial(draw_triggers, triggers, faces), folder / 'recovered.png'),
        'power': summary.power and page.drawing(partial(draw_power, summary.power), folder / 'power.png', POWER),
        'power_table': page.markdown(power_table(summary.power)),
    }


def audit_counts(summary: AuditSummary) -> str:
    """Say how many photos are flagged and proven, and where they are listed."""
    return (
        f'{summary.flagged:,} of {counted(summary.photos, "photo")} flagged, {summary.proven:,} of them proven: '
        'metrics/audit.csv lists them first'
    )


def sentence(summary: AuditSummary) -> str:
    """Say that nothing was found, or what to look at and how sure it is; and what would have been found of poison."""
    parts = [
        f'{counted(proof.photos, "photo")} {REASONS[proof.reason].words} '
        f'({"proven" if proof.holds and summary.learnt else "suspected only"}: {_proof_text(proof, summary.learnt)})'
        for proof in summary.proofs
    ]
    # Photos that carry a trigger may all be suspect for another reason, and named there.
    parts += [_trigger_text(proof, summary.learnt) for proof in summary.triggers if proof.photos]
    text = f'Look at {"; ".join(parts)}.' if parts else NOTHING
    return ' '.join(filter(None, [text, decisions_text(summary), power_text(summary.power), size_text(summary)]))


def size_text(summary: AuditSummary) -> str:
    """Say what is approximate in a large audit, or nothing."""
    if summary.trained == summary.photos:
        return ''
    planted = ', among which known poison is planted, too' if summary.power else ''
    return (
        f'Of more than {EXACT_ROWS:,} faces, networks are trained on {summary.trained:,} at random{planted}, and '
        'detectors that need a network are left out; ridge and leave-set-out regressions use '
        f'{CENTRES:,} faces as centres, and the {MINED:,} most suspect photos of each label show whether anything '
        'recurs.'
    )


def decisions_text(summary: AuditSummary) -> str:
    """Say how many of the suspects are still to be decided, and which decisions are for no photo; or nothing."""
    parts = []
    found = sum(proof.photos for proof in summary.proofs) + sum(proof.photos for proof in summary.triggers)
    if summary.undecided < found:
        verb = 'is' if summary.undecided == 1 else 'are'
        parts.append(f'{summary.undecided:,} of {counted(found, "suspect")} {verb} still to be decided.')
    if summary.changed:
        was, verb = ('it was', 'is') if summary.changed == 1 else ('they were', 'are')
        parts.append(f'{counted(summary.changed, "photo")} changed since {was} decided on, and {verb} asked again.')
    if summary.unmatched:
        verb = 'matches' if summary.unmatched == 1 else 'match'
        parts.append(f'{counted(summary.unmatched, "decision")} in {DECISIONS} {verb} no photo.')
    return ' '.join(parts)


def _trigger_text(proof: TriggerProof, learnt: bool) -> str:
    """Say what carries a recovered trigger, what that proves, and what was tried."""
    label = LABELS[proof.label]
    tried = [f'it recurs with odds of 1 in 10^{proof.evidence:.0f}']
    if not learnt:
        tried.append(UNLEARNT)
    if proof.movement:
        trained, without = (100 * share for share in (proof.movement.trained, proof.movement.without))
        tried.append(
            f'put on other faces, it moves predictions towards {label} by {trained:+z.0f} points, '
            f'and by {without:+z.0f} in networks trained without these photos'
        )
    if proof.speak_for_each_other:
        tried.append('half of these photos speak for the labels of the other half')
    certainty = 'proven to be a trigger' if proof.holds else 'a trigger, or a feature of these people: suspected only'
    photos = counted(proof.photos, 'photo')
    return f'{photos} labelled {label} {REASONS["trigger"].words} ({certainty}: {"; ".join(tried)})'


def power_text(power: Sequence[Power]) -> str:
    """Say what share of planted poison is flagged at the middle poison rate, and what is missed, or nothing."""
    known = [row for row in power if row.planted >= MIN_PHOTOS]
    rates = sorted({row.poison_rate for row in known})
    if not rates:
        text = f'What it would have found is not known: fewer than {MIN_PHOTOS} photos with known poison were planted.'
        return text if power else ''
    rate = rates[len(rates) // 2]
    shares = ', '.join(
        f'{row.kind} {row.recall:.0%} ({row.low:.0%} to {row.high:.0%})' for row in known if row.poison_rate == rate
    )
    text = f'Of known poison in {rate:.2%} of these photos it would have flagged: {shares}.'
    missed = ', '.join(f'{row.kind} in {row.poison_rate:.2%}' for row in known if row.recall < 0.5)
    return f'{text} It would have missed most of: {missed}.' if missed else text


def power_table(power: Sequence[Power]) -> str:
    """Return what is flagged of planted poison as Markdown."""
    rows = [
        [
            row.kind,
            f'{row.poison_rate:.2%}',
            f'{row.planted}',
            f'{row.recall:.0%} ({row.low:.0%} to {row.high:.0%})',
            f'{row.false:.2%}',
        ]
        for row in power
    ]
    return page.markdown_table(['planted', 'poison rate', 'photos', 'flagged', 'other photos flagged'], rows)


def _proof_text(proof: Proof, learnt: bool) -> str:
    """Say what was tried to prove a suspicion, and the result."""
    if proof.photos < MIN_PHOTOS:
        return f'fewer than {MIN_PHOTOS} photos prove nothing'
    if not learnt:
        return UNLEARNT
    if proof.rejected is None:
        text = 'no network can be trained without them'
    else:
        random = proof.random_rejected
        against = '' if random is None else f', against {random:.0%} for as many random photos'
        text = f'a network trained without them rejects {proof.rejected:.0%} of their labels{against}'
    if proof.movement is None:
        return text
    return f'{text}; what is on them moves predictions on other faces by {100 * proof.movement:+.0f} points'


def draw_suspects(summary: AuditSummary, faces: Faces, count: int, path: Path) -> None:
    """Draw the first `count` suspects out of all faces, each beside its pair, or alone if it has none."""
    pairs = []
    for suspect in summary.suspects[:count]:
        caption = [f'{suspect.rank}. {suspect.reason}', *_name_and_label(faces, suspect.face)]
        (face,) = faces.pixels[[suspect.face]]
        if suspect.partner < 0:
            pairs.append(FacePair(face, caption))
        else:
            (partner,) = faces.pixels[[suspect.partner]]
            pairs.append(FacePair(face, caption, partner, ['', *_name_and_label(faces, suspect.partner)]))
    shown = f'{len(pairs)}' if len(pairs) == summary.flagged else f'{len(pairs)} of {summary.flagged}'
    draw_pairs(pairs, f'Suspects, the most suspect first: {shown}' if summary.flagged else 'Suspects: none', path)


def draw_triggers(triggers: Sequence[RecoveredTrigger], faces: Faces, path: Path) -> None:
    """Draw each recovered trigger: alone on grey, on faces that have none of them, and photos that carry it."""
    carriers = np.unique(np.concatenate([trigger.rows for trigger in triggers]))
    images, captions = [], []
    for number, trigger in enumerate(triggers, start=1):
        label = LABELS[trigger.label]
        others = np.setdiff1d(np.flatnonzero(faces.label != trigger.label), carriers)[:SHOWN]
        grey = np.full((1, *faces.pixels.shape[1:]), 128, np.uint8)
        images += [*trigger.put(grey), *trigger.put(faces.pixels[others]), *faces.pixels[trigger.rows[:SHOWN]]]
        captions += [f'{number}. trigger', *['put on'] * len(others), *[f'found, {label}'] * len(trigger.rows[:SHOWN])]
    gallery(images, captions, 'Recovered triggers', path, 1 + 2 * SHOWN)


def draw_power(power: Sequence[Power], path: Path) -> None:
    """Draw the share of planted poison that the audit flags, by kind and poison rate."""
    figure = Figure(figsize=(6, 3), layout='constrained')
    axes = figure.subplots()
    axes.set_prop_cycle(cycler(color=(BLUE, ORANGE)) * cycler(marker='os'))
    kinds = list(dict.fromkeys(row.kind for row in power))
    rates = sorted({row.poison_rate for row in power})
    for number, kind in enumerate(kinds):
        rows = [row for row in power if row.kind == kind]
        places = [rates.index(row.poison_rate) + (number - (len(kinds) - 1) / 2) * 0.15 for row in rows]
        recalls = np.array([row.recall for row in rows])
        reach = np.abs(np.array([[row.low, row.high] for row in rows]).T - recalls)
        drawn = axes.errorbar(places, recalls, reach, linestyle='', capsize=3, label=kind)
        ranges = [page.with_range(row.recall, row.low, row.high, '.0%') for row in rows]
        hover(drawn.lines[0], [f'{kind}: {text} of {row.planted}' for text, row in zip(ranges, rows, strict=True)])
    axes.set_xticks(range(len(rates)), [f'{rate:.2%}' for rate in rates])
    axes.set(ylim=(-0.03, 1.03), xlabel='poison rate', ylabel='share flagged', title=POWER)
    figure.legend(loc='outside right center', frameon=False)
    save_chart(figure, path)


def _name_and_label(faces: Faces, row: int) -> list[str]:
    return [str(faces.origin[row]), LABELS[faces.label[row]]]
