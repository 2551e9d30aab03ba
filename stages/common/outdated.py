"""Results of other inputs than those of a run: beside its own, they would be taken for the run's."""

import hashlib
import shutil
from pathlib import Path

from ruamel.yaml.error import YAMLError

from stages.common.errors import StudyError
from stages.common.files import METRICS, RAW, write_text
from stages.common.params import PARAMS, parse_yaml

LOCK = Path('dvc.lock')
OUTDATED = Path('data/outdated')
SHOWN = ('audit', 'clean', 'evaluate', 'sweep')  # stages whose metrics DVC shows
EMPTY = '{}\n'
REPORT = PAGE, AUDIT_PAGE, REPORT_FOLDER = METRICS / 'report.html', METRICS / 'audit.html', METRICS / 'report'


def read_lock(text: str) -> dict:
    """Return the stages in the text of a dvc.lock by name, with the params and hashes that they last ran with."""
    try:
        return dict(parse_yaml(text)['stages'])
    except (YAMLError, TypeError, KeyError, ValueError):
        raise StudyError(f'{LOCK}: damaged; `git checkout {LOCK}` restores the last one') from None


def is_current(name: str, lock: dict, params: dict) -> bool:
    """Return whether a stage of a dvc.lock ran with these params, and on what the other stages have written since."""
    written = {out['path']: out.get('md5') for stage in lock.values() for out in stage.get('outs', ())}
    stage = lock[name]
    ran_with = stage.get('params', {}).get(str(PARAMS), {})
    return all(written.get(dep['path'], dep.get('md5')) == dep.get('md5') for dep in stage.get('deps', ())) and all(
        _value(params, param) == value for param, value in ran_with.items()
    )


def _value(params: object, name: str) -> object:
    for part in name.split('.'):
        params = params.get(part) if isinstance(params, dict) else None
    return params


def keep_current_metrics(own: str) -> None:
    """Empty metrics/STAGE.json where that stage, not `own`, last ran on other inputs: the numbers are not of this run.

    They are kept in data/outdated under their hash, and come back with their inputs.
    """
    lock, params = _inputs()
    for name in (name for name in SHOWN if name in lock and name != own):
        path = METRICS / f'{name}.json'
        written = {out['path']: out.get('md5') for out in lock[name].get('outs', ())}
        kept = OUTDATED / f'{written.get(path.as_posix())}.json'
        is_empty = not path.is_file() or path.stat().st_size <= len(EMPTY)
        if is_current(name, lock, params):
            if is_empty and kept.is_file():
                write_text(path, kept.read_text(encoding='utf-8'))
        elif not is_empty:
            text = path.read_text(encoding='utf-8')
            write_text(OUTDATED / f'{hashlib.md5(text.encode()).hexdigest()}.json', text)
            write_text(path, EMPTY)


def photos_hash() -> str:
    """Return DVC's hash of data/raw, or nothing before it is known; the page names the one that it is of."""
    return _photos_hash(_inputs()[0])


def _inputs() -> tuple[dict, dict]:
    """Return the stages of dvc.lock, none before there is one, and the params of now."""
    lock = read_lock(LOCK.read_text(encoding='utf-8')) if LOCK.is_file() else {}
    return lock, parse_yaml(PARAMS.read_text(encoding='utf-8'))


def _photos_hash(lock: dict) -> str:
    outs = lock.get('download', {}).get('outs', ())
    return next((out['md5'] for out in outs if out['path'] == RAW.as_posix()), '')


def remove_other_report() -> None:
    """Remove the report if it is of other photos: where a stage fails, it would be taken for that of these."""
    if not PAGE.is_file():
        return
    lock, params = _inputs()
    is_known = 'download' not in lock or is_current('download', lock, params)
    if not is_known or _photos_hash(lock) not in PAGE.read_text(encoding='utf-8'):
        remove_report()


def remove_report() -> None:
    """Remove the report."""
    for path in REPORT:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
