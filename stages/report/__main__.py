"""Stage report: turn all results into tables, figures and two pages."""

from pathlib import Path

from markupsafe import Markup

from stages import evaluate
from stages.audit import __main__ as audit
from stages.audit.power import AuditParams
from stages.clean import __main__ as clean
from stages.common.errors import StudyError, run_stage
from stages.common.files import FACES, beside, write_json, write_text
from stages.common.outdated import AUDIT_PAGE, PAGE, REPORT_FOLDER, photos_hash
from stages.common.params import DataParams, defaults, load_params
from stages.dataset.faces import load_all_faces, load_faces, load_faces_and_triggered
from stages.dataset.poison import pool
from stages.detect import __main__ as detect
from stages.preprocess.choose import PreprocessParams
from stages.replicate import __main__ as replicate
from stages.report import page
from stages.report.audit import audit_part
from stages.report.clean import clean_part
from stages.report.data import data_part
from stages.report.detect import detect_part
from stages.report.evaluate import evaluate_part
from stages.report.replicate import replicate_part
from stages.report.review import SCRIPT, script_hash
from stages.report.sarif import suspects_log
from stages.report.sweep import sweep_part
from stages.sources.source import data_model
from stages.sweep import __main__ as sweep
from stages.triggers.trigger import chosen_trigger, trigger_model

PARTS = ('study', 'detection', 'audit', 'clean', 'training', 'replication')  # of the page, that have results


class Params(replicate.Params, clean.Params, audit.Params, detect.Params, sweep.Params, evaluate.Params):
    """All of params.yaml."""

    data: DataParams
    preprocess: PreprocessParams
    trigger: dict
    audit: AuditParams


def main() -> None:
    """Run the stage."""
    params, data = load_params(Params), data_part()
    faces = load_faces() if FACES.is_dir() else None
    seeds = {'sweep': params.sweep.seeds, 'detect': params.detect.seeds, 'replicate': params.replicate.seeds}
    source = shipped_params()['data'] | params.data.model_dump()
    with beside(REPORT_FOLDER) as folder:
        folder.mkdir()
        parts = result_parts(folder, params) | {
            'facts': page.header(source, chosen_trigger(params.trigger), seeds, faces),
            'data': data,
            'confidence': page.percentage(params.evaluate.confidence),
            'params': page.changed_params(params.model_dump(exclude={'workers'}), shipped_params()),
            'versions': page.versions(),
            'photos': photos_hash(),
        }
    write_text(PAGE, page.render('page.html', parts))
    shown = {name: parts[name] for name in ('audit', 'study')}
    audit_parts = shown | {'script': Markup(SCRIPT), 'script_hash': script_hash()}
    write_text(AUDIT_PAGE, page.render('audit.html', audit_parts))
    # The stages that read the photos say so, too, but not where their results come from the cache.
    said = [data['sentence'], data['warning']] if data else []
    print(*filter(None, said), f'The report: {PAGE}, and the suspects to decide about: {AUDIT_PAGE}', sep='\n')


def shipped_params() -> dict:
    """Return the default of every param, sections as dictionaries."""
    return defaults(Params) | {'data': defaults(data_model()), 'trigger': defaults(trigger_model())}


def result_parts(folder: Path, params: Params) -> dict[str, dict | None]:
    """Write tables and figures, and return the parts of the page that have results, each None without any."""
    trigger, parts = chosen_trigger(params.trigger), dict.fromkeys(PARTS)
    if not FACES.is_dir():
        return parts
    faces, all_faces = load_faces(), load_all_faces()
    root = f'{Path(params.data.model_dump()["folder"])}/' if params.data.source == 'folder' else ''
    parts['study'] = sweep_part(folder, sweep.made_from(params, faces, trigger))
    parts['audit'] = audit_part(folder, audit.made_from(params, all_faces), all_faces, params.audit.gallery, root)
    parts['clean'] = clean_part(clean.made_from(params, all_faces))
    if parts['audit']:
        write_json(folder / 'audit.sarif', suspects_log(params.data.model_dump()))
    parts['replication'] = replicate_part(folder, replicate.made_from(params, faces, trigger))
    try:
        _, triggered = load_faces_and_triggered()
    except StudyError:
        return parts  # so far, other faces have the trigger
    crops, gallery = pool(faces.pixels, triggered.pixels), params.evaluate.gallery
    parts['detection'] = detect_part(folder, detect.made_from(params, faces, trigger), crops)
    made_from = evaluate.made_from(params, faces, trigger)
    parts['training'] = evaluate_part(folder, made_from, faces, triggered, gallery, params.train.loss_target)
    return parts


if __name__ == '__main__':
    run_stage('report', main)
