"""The tables of the stage detect for seeds of your choice: python -m benchmarks.detection 101 110 [RATE ...]

The rules of the detectors were chosen on the first ten seeds; this tries them on others. It works on the faces of the
last `dvc repro adversarial` and changes no metrics. Without poison rates it tries every arm at detect.fractions, and
ends with a table of the strongest attack alone, originals kept and replaced side by side. With them, it tries the
dirty-label attack alone, and ends with a table of a line for each rate: ASR, and for each detector its AUC and the ASR
after retraining without what it flags, in bold where that is as good as a perfect filter.
"""

import sys
from collections.abc import Sequence
from functools import partial

from stages.dataset.faces import load_faces_and_triggered
from stages.detect.plan import JUDGED, planned_cases
from stages.detect.summary import Found, strongest, summarise_cases
from stages.detect.trainings import CODE, Detections
from stages.detectors.detector import detector_names, titles
from stages.network.recipe import Recipe
from stages.params import load_params
from stages.report.detect_tables import detection_markdown
from stages.report.tables import markdown_table
from stages.trainings.store import ground, results


def main(first: int, last: int, fractions: list[float]) -> None:
    """Try detectors and defences, and print the table."""
    params = load_params()
    faces, triggered = load_faces_and_triggered()
    recipe = Recipe(**params.train.model_dump())
    seeds = range(first, last + 1)
    cases = planned_cases(fractions or params.detect.fractions, seeds)
    if fractions:
        cases = [case for case in cases if case.arm in (None, JUDGED)]
    names = detector_names(params.detect.detectors)
    material = (faces, triggered, recipe, params.detect.test, params.adv.target, names)
    common = ground(recipe, faces, triggered.pixels, *material[3:], code=CODE)
    found = results(cases, common, partial(Detections, *material), params.workers)
    summary = summarise_cases(cases, found, params.evaluate.confidence)
    print(detection_markdown(summary, triggered.trigger['kind'], len(seeds), params.evaluate.confidence))
    print(line_by_line(summary, triggered.trigger['kind']) if fractions else side_by_side(strongest(summary)))


def line_by_line(found: Sequence[Found], trigger: str) -> str:
    """Return a line for each poison rate, originals kept and replaced: what each detector finds and its flags mend."""
    judged = [one for one in found if one.defences]
    header = [
        'trigger',
        'poison rate',
        'originals',
        'ASR',
        'perfect filter',
        *(titles()[name] for name in judged[0].detectors),
    ]
    rows = []
    for one in judged:
        row = [trigger, f'{one.fraction:.2%}', one.originals, *(asr(one, name) for name in ('none', 'perfect'))]
        rows.append(
            row + [f'{one.detectors[name]["auc"]:.3f}, {asr(one, f"{name}, flagged")}' for name in one.detectors]
        )
    return markdown_table(header, rows, left=['poison rate', 'originals'])


def asr(one: Found, defence: str) -> str:
    """Return the attack success rate that a defence leaves, in bold where it is as good as a perfect filter."""
    mark = '**' * (one.defences[defence].verdict == 'as good as perfect')
    return f'{mark}{one.defences[defence].means["attack_success_rate"]:.3f}{mark}'


def side_by_side(found: Sequence[Found]) -> str:
    """Return what each detector finds and its flags mend, originals kept and replaced beside each other."""
    header = ['detector', *(f'{one.originals}: {name}' for one in found for name in ('AUC', 'TPR', 'FPR', 'ASR after'))]
    rows = [[titles()[name], *(cell for one in found for cell in cells(one, name))] for name in found[0].detectors]
    before = (f'{one.defences["none"].means["attack_success_rate"]:.3f} {one.originals}' for one in found)
    return f'{markdown_table(header, rows)}\nASR with nothing removed: {", ".join(before)}\n'


def cells(one: Found, name: str) -> list[str]:
    """Return the cells of a detector, for originals kept or replaced."""
    measures, defence = one.detectors[name], one.defences[f'{name}, flagged']
    shares = (measures[measure] for measure in ('auc', 'true_positive_rate', 'false_positive_rate'))
    after = f'{defence.means["attack_success_rate"]:.3f}, {defence.verdict}'
    return [*(f'{share:.3f}' for share in shares), after]


if __name__ == '__main__':
    main(int(sys.argv[1]), int(sys.argv[2]), [float(rate) for rate in sys.argv[3:]])
