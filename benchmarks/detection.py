"""Print the tables of the stage detect for other seeds: python -m benchmarks.detection 101 110 [RATE ...]

The rules of the detectors were chosen on seeds 1 to 10; this tries them on the seeds from the first number to the
second. It uses the faces of the last `dvc repro adversarial` and does not change metrics/. Without poison rates it
tries every arm at detect.fractions, and ends with a table of the strongest attack alone, originals kept and replaced
side by side. With poison rates it tries the dirty-label attack alone, and ends with a table with a line for each rate:
the ASR, and for each detector its AUC and the ASR after retraining without the flagged rows, in bold where that is as
good as a perfect filter.
"""

import sys
from collections.abc import Sequence

from stages.common.params import load_params
from stages.dataset.faces import load_faces_and_triggered
from stages.detect.__main__ import Params, tried
from stages.detect.cases import JUDGED, Removed, planned_cases
from stages.detect.summary import ArmDetection, DefenceSummary, DefenceVerdict, Trial, summarise_cases
from stages.detectors.detector import detector_names, titles
from stages.report.detect import detection_markdown
from stages.report.page import markdown_table
from stages.trainings.plan import Sizes

SUCCESS = 'attack_success_rate'


def main(first: int, last: int, poison_rates: list[float]) -> None:
    """Try detectors and defences, and print the tables."""
    params = load_params(Params)
    faces, triggered = load_faces_and_triggered()
    seeds = range(first, last + 1)
    runs = planned_cases(poison_rates or params.detect.fractions, seeds)
    if poison_rates:
        runs = [run for run in runs if run.arm in (None, JUDGED)]
    drawn, _, results = tried(params, faces, triggered, detector_names(params.detect.detectors), runs)
    confidence = params.evaluate.confidence
    sizes = Sizes.of(faces, drawn, params.adv.target, rates={})
    trial = Trial(
        made_from='',
        trigger=triggered.trigger['kind'],
        sizes=sizes,
        seeds=len(seeds),
        confidence=confidence,
        arms=summarise_cases(runs, results, confidence, sizes),
        example='',
        example_rate=0,
        pairs=[],
        pairs_found=0,
    )
    print(detection_markdown(trial))
    print(line_by_line(trial) if poison_rates else side_by_side(trial.strongest()))


def line_by_line(trial: Trial) -> str:
    """Return a table with a line for each poison rate, originals kept and replaced."""
    judged = [arm for arm in trial.arms if arm.defences]
    names = [titles()[name] for name in judged[0].detectors]
    rows = []
    for arm in judged:
        row = [trial.trigger, f'{arm.poison_rate:.2%}', arm.originals]
        row += [f'{arm.after(removed)[SUCCESS]:.3f}' for removed in (Removed.NONE, Removed.PERFECT)]
        for defence in arm.flagged():
            mark = '**' if defence.verdict is DefenceVerdict.AS_GOOD else ''
            row.append(f'{arm.detectors[defence.detector]["auc"]:.3f}, {mark}{success(defence)}{mark}')
        rows.append(row)
    header = ['trigger', 'poison rate', 'originals', 'ASR', 'perfect filter', *names]
    return markdown_table(header, rows, left=['poison rate', 'originals'])


def side_by_side(arms: Sequence[ArmDetection]) -> str:
    """Return a table with a line for each detector, originals kept and replaced beside each other."""
    columns = ('AUC', 'TPR', 'FPR', 'ASR after')
    header = ['detector', *(f'{arm.originals}: {column}' for arm in arms for column in columns)]
    rows = [[titles()[name], *(cell for arm in arms for cell in cells(arm, name))] for name in arms[0].detectors]
    before = (f'{arm.after(Removed.NONE)[SUCCESS]:.3f} {arm.originals}' for arm in arms)
    return f'{markdown_table(header, rows)}\nASR with nothing removed: {", ".join(before)}\n'


def cells(arm: ArmDetection, name: str) -> list[str]:
    """Return the cells of a detector for originals kept or replaced."""
    shares = (arm.detectors[name][measure] for measure in ('auc', 'true_positive_rate', 'false_positive_rate'))
    defence = next(defence for defence in arm.flagged() if defence.detector == name)
    return [*(f'{share:.3f}' for share in shares), f'{success(defence)}, {defence.verdict}']


def success(defence: DefenceSummary) -> str:
    """Return the attack success rate after a defence."""
    return f'{defence.means[SUCCESS]:.3f}'


if __name__ == '__main__':
    main(int(sys.argv[1]), int(sys.argv[2]), [float(rate) for rate in sys.argv[3:]])
