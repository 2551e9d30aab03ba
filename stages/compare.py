"""Compare two finished sweeps: two git revisions, names of experiments, or `workspace`."""

import argparse
import csv
import hashlib
import json
import re
import subprocess
from pathlib import Path

from stages.common.errors import StudyError, advising, run_stage
from stages.common.files import METRICS
from stages.common.outdated import LOCK, is_current, read_lock
from stages.common.params import PARAMS, StageParams, load_params, parse_yaml
from stages.report.compare import comparison_text
from stages.scores.scores import PRIMARY, EvaluateParams
from stages.sweep.comparison import FinishedSweep, TooFewSeedsError, compare_sweeps

WORKSPACE = 'workspace'
TABLE = METRICS / 'sweep.csv'
SUMMARY = METRICS / 'sweep' / 'summary.json'


class Params(StageParams):
    """What this script reads of params.yaml."""

    evaluate: EvaluateParams


def main() -> None:
    """Compare the two sweeps that the command line names."""
    parser = argparse.ArgumentParser(prog='python -m stages.compare', description=__doc__)
    parser.add_argument('first', metavar='REV1', help='a git revision or the name of an experiment')
    parser.add_argument('second', metavar='REV2', nargs='?', default=WORKSPACE, help='another one (%(default)s)')
    arguments = parser.parse_args()
    params = load_params(Params)
    first, second = finished_sweep(arguments.first), finished_sweep(arguments.second)
    with advising({TooFewSeedsError: 'sweep.seeds: {}'}):
        compared = compare_sweeps(first, second, params.evaluate.confidence)
    names = '-'.join(re.sub(r'[^\w.~^]+', '-', sweep.name) for sweep in (first, second))
    print(comparison_text(compared, Path('comparisons', f'{names}.png')), end='')


def finished_sweep(revision: str) -> FinishedSweep:
    """Return the sweep at a revision; a StudyError says why there is none."""
    commit = None if revision == WORKSPACE else resolved(revision)
    table, lock_text, params_text = (contents(path, commit) for path in (TABLE, LOCK, PARAMS))
    if table is None or lock_text is None or params_text is None:
        raise StudyError(f'{revision}: has no {TABLE if table is None else LOCK}; run the sweep there')
    lock = read_lock(lock_text.decode())
    written = {out['path']: out.get('md5') for out in lock.get('sweep', {}).get('outs', ())}
    hashed = hashlib.md5(table).hexdigest()
    if written.get(TABLE.as_posix()) != hashed or not is_current('sweep', lock, parse_yaml(params_text)):
        raise StudyError(f'{revision}: {TABLE} is of other params or faces than this revision; run the sweep there')
    read = {dep['path']: dep['md5'] for dep in lock['sweep']['deps']}
    ran_with = lock['sweep']['params'][str(PARAMS)]
    trigger = lock['adversarial']['params'][str(PARAMS)]['trigger']['kind']
    rows = list(csv.DictReader(table.decode().splitlines()))
    if not rows or not {'arm', 'poison_rate', 'seed', *PRIMARY} <= rows[0].keys():
        raise StudyError(f'{revision}: {TABLE} is of another version of this project; run the sweep again')
    summary = json.loads(contents(SUMMARY, commit) or '{}')
    tested, unpoisoned = summary.get('sizes', {}).get('tested', {}), summary.get('arms', [{}])[0]
    tested_on, learnt = (read['data/faces'], ran_with['sweep']['test']), not unpoisoned.get('unlearnt')
    return FinishedSweep(revision, trigger, tested_on, tested, learnt, rows)


def resolved(revision: str) -> str:
    """Return the commit of a git revision or of an experiment, by its name."""
    # Not imported above: DVC takes a second, and --help does not need it.
    from dvc.repo import Repo
    from dvc.scm import RevError, resolve_rev

    try:
        with Repo() as repo:
            return resolve_rev(repo.scm, revision)
    except RevError as error:
        raise StudyError(f'{error}; `dvc exp list --all-commits` shows the names of experiments') from None


def contents(path: Path, commit: str | None) -> bytes | None:
    """Return what a file holds at a commit, or in the workspace; None where there is no such file."""
    if commit is None:
        return path.read_bytes() if path.is_file() else None
    shown = subprocess.run(['git', 'show', f'{commit}:./{path.as_posix()}'], capture_output=True)
    return shown.stdout if shown.returncode == 0 else None


if __name__ == '__main__':
    run_stage('compare', main)
