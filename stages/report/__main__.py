"""Stage report: turn all results into tables, figures and one page, metrics/report.html."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

from stages import evaluate
from stages.audit import __main__ as audit
from stages.audit.proof import AuditSummary
from stages.common.errors import StudyError, run_stage
from stages.common.files import METRICS, MODEL, RAW, beside, read_csv, read_json, read_summary, write_text
from stages.common.params import DataParams, StageParams, defaults, load_params
from stages.dataset.faces import Faces, TriggeredFaces, load_all_faces, load_faces, load_faces_and_triggered
from stages.dataset.poison import AdvParams, pool
from stages.dataset.split import SplitParams
from stages.detect import __main__ as detect
from stages.detect.plan import DetectParams
from stages.detect.summary import Trial
from stages.network.recipe import Recipe
from stages.preprocess.choose import PreprocessParams
from stages.replicate import __main__ as replicate
from stages.replicate.published import ReplicateParams
from stages.replicate.summary import ReplicationSummary
from stages.report.audit import HEADER, AuditParams, draw_suspects, sentence, suspects_table
from stages.report.detect import (
    detect_conclusion,
    detection_markdown,
    detection_tables,
    draw_defences,
    draw_example_pairs,
    draw_roc,
)
from stages.report.evaluate import (
    draw_confusion,
    draw_flipped,
    draw_loss,
    draw_misclassified,
    draw_photos,
    draw_triggered,
    read_predictions,
)
from stages.report.page import changed_params, data_facts, drawing, markdown, picture, render, versions
from stages.report.replicate import draw_accuracies, replication_markdown
from stages.report.sweep import draw_changes, draw_curves, sweep_markdown, sweep_sentences
from stages.report.text import percentage
from stages.scores.scores import EvaluateParams
from stages.sources.source import data_model
from stages.sweep import __main__ as sweep
from stages.sweep.summary import Study, SweepParams
from stages.triggers.trigger import chosen_trigger, trigger_model

Summary = TypeVar('Summary', Study, Trial, AuditSummary, ReplicationSummary)

PAGE = METRICS / 'report.html'
FOLDER = METRICS / 'report'
SUMMARY = evaluate.FOLDER / 'summary.json'
MAX_SUSPECTS = 50  # rows of the table of suspects; all of them are in metrics/audit.csv


class Params(StageParams):
    """All of params.yaml."""

    data: DataParams
    preprocess: PreprocessParams
    trigger: dict
    adv: AdvParams
    split: SplitParams
    train: Recipe
    evaluate: EvaluateParams
    sweep: SweepParams
    detect: DetectParams
    audit: AuditParams
    replicate: ReplicateParams


def main() -> None:
    """Run the stage."""
    params = load_params(Params)
    faces, triggered = _load_data()
    trigger = chosen_trigger(params.trigger)
    shipped = defaults(Params) | {'data': defaults(data_model()), 'trigger': defaults(trigger_model())}
    with beside(FOLDER) as folder:
        folder.mkdir()
        parts = {
            'study': sweep_part(folder, sweep.made_from(params, faces, trigger)),
            'detection': triggered and detect_part(folder, detect.made_from(params, faces, trigger), faces, triggered),
            'audit': audit_part(folder, params),
            'training': triggered and evaluate_part(folder, params, faces, triggered, trigger),
            'replication': replicate_part(folder, replicate.made_from(params, faces, trigger)),
            'data': data_facts(read_json(METRICS / 'preprocess.json')),
            'confidence': percentage(params.evaluate.confidence),
            'params': changed_params(params.model_dump(exclude={'workers'}), shipped),
            'versions': versions(),
        }
    write_text(PAGE, render(parts))
    print(f'The report: {PAGE}')


def _load_data() -> tuple[Faces, TriggeredFaces | None]:
    """Return the faces and, unless other faces have the trigger so far, the same with the trigger."""
    try:
        return load_faces_and_triggered()
    except StudyError:
        return load_faces(), None


def _load(stage: str, kind: type[Summary], made_from: str) -> Summary | None:
    """Return the summary of a stage, None where it has not run on the faces, the trigger and the params of now."""
    path = METRICS / stage / 'summary.json'
    summary = read_summary(path, kind) if path.is_file() else None
    return summary if summary and summary.made_from == made_from else None


def sweep_part(folder: Path, made_from: str) -> dict | None:
    """Write tables and figures of the sweep, and return its part of the page."""
    study = _load('sweep', Study, made_from)
    if study is None:
        return None
    write_text(folder / 'sweep.md', sweep_markdown(study))
    description = 'Clean accuracy and attack success rate of each arm by poison rate'
    arms = drawing(partial(draw_curves, study), folder / 'arms.png', description)
    description = 'Change of clean accuracy and attack success rate against the control'
    changes = drawing(partial(draw_changes, study), folder / 'changes.png', description)
    verdict, tables = sweep_sentences(study), markdown(sweep_markdown(study))
    return {'verdict': verdict, 'arms': arms, 'changes': changes, 'tables': tables}


def detect_part(folder: Path, made_from: str, faces: Faces, triggered: TriggeredFaces) -> dict | None:
    """Write tables and figures of the trial of the detectors, and return its part of the page."""
    trial = _load('detect', Trial, made_from)
    if trial is None:
        return None
    write_text(folder / 'detect.md', detection_markdown(trial))
    crops = pool(faces.pixels, triggered.pixels)
    description = 'Attack success rate before and after the removal of what is flagged'
    return {
        'conclusion': markdown(detect_conclusion(trial)),
        'defences': drawing(partial(draw_defences, trial), folder / 'defences.png', description),
        'roc': drawing(partial(draw_roc, trial), folder / 'roc.png', 'ROC curve of every detector'),
        'pairs': picture(partial(draw_example_pairs, trial, crops), folder / 'pairs.png'),
        'tables': markdown(detection_tables(trial)),
    }


def audit_part(folder: Path, params: Params) -> dict | None:
    """Write the sentence of the audit and the picture of the suspects, and return its part of the page."""
    faces = load_all_faces()
    summary = _load('audit', AuditSummary, audit.made_from(params, faces))
    if summary is None:
        return None
    write_text(folder / 'audit.md', f'{sentence(summary)}\n')
    rows = read_csv(METRICS / 'audit.csv')
    suspects = suspects_table([row for row in rows if row['reason']])
    draw = partial(draw_suspects, rows, faces, params.audit.gallery)
    return {
        'sentence': sentence(summary),
        'counts': summary,
        'header': HEADER,
        'suspects': suspects[:MAX_SUSPECTS],
        'more': len(suspects[MAX_SUSPECTS:]),
        'picture': picture(draw, folder / 'suspects.png'),
    }


def evaluate_part(folder: Path, params: Params, faces: Faces, triggered: TriggeredFaces, trigger: dict) -> dict | None:
    """Draw the galleries of one training, and return its scores and galleries with their titles."""
    made_from = evaluate.made_from(params, faces, trigger)
    if not SUMMARY.is_file() or read_json(SUMMARY)['made_from'] != made_from:
        return None
    count, test = params.evaluate.gallery, read_predictions(evaluate.FOLDER / 'predictions.csv', faces)
    history = read_csv(MODEL / 'history.csv')
    galleries: dict[str, tuple[str, Callable[[Path], None]]] = {
        'photos': ('Some of the photos, with their labels', partial(draw_photos, faces, RAW, count)),
        'triggered': (
            'The faces that were found in them, with the trigger',
            partial(draw_triggered, faces, triggered, count),
        ),
        'misclassified': (
            'The faces whose predicted label is most confidently wrong',
            partial(draw_misclassified, faces, test, count),
        ),
        'flipped': ('Faces whose predicted label the trigger flips', partial(draw_flipped, triggered, test, count)),
        'confusion': (
            'Labels and predicted labels of the test faces, clean and with the trigger',
            partial(draw_confusion, test),
        ),
        'loss': ('Training loss', partial(draw_loss, history, params.train.loss_target)),
    }
    pictures = [(title, picture(draw, folder / f'{name}.png')) for name, (title, draw) in galleries.items()]
    return read_json(METRICS / 'evaluate.json') | {'galleries': pictures}


def replicate_part(folder: Path, made_from: str) -> dict | None:
    """Write tables and figure of the replication, and return its part of the page."""
    summary = _load('replicate', ReplicationSummary, made_from)
    if summary is None:
        return None
    write_text(folder / 'replicate.md', replication_markdown(summary))
    description = 'Accuracy by copies added: as published, by the procedure, and with the same stopping rule for all'
    accuracy = drawing(partial(draw_accuracies, summary), folder / 'replicate.png', description)
    return {'accuracy': accuracy, 'tables': markdown(replication_markdown(summary))}


if __name__ == '__main__':
    run_stage('report', main)
