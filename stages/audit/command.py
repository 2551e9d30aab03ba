"""The audit of a folder in one command: `python -m stages.audit FOLDER`."""

import os
import subprocess
import sys
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Sequence
from pathlib import Path

from stages.common.errors import StudyError, counted
from stages.common.files import CLEAN, METRICS, RAW, printable, read_csv
from stages.common.params import LABELS, PARAMS

FOUND = 3  # the exit code of --fail-on


def audit_folder(arguments: Sequence[str]) -> None:
    """Set params.yaml to the photos that the command line names, run `dvc repro audit`, and rebuild the page.

    Raises a StudyError if there are no such photos; exits with DVC's code if a stage fails, which says why,
    and with 3 for what --fail-on names.
    """
    parser = ArgumentParser('python -m stages.audit', description='Look for poison and wrong labels in photos.')
    parser.add_argument('photos', metavar='FOLDER', help='a folder or an archive, with folders named by label')
    parser.add_argument(
        '--words', nargs='+', type=_meaning, metavar='WORD=LABEL', help='more words that give a label, as in 0=female'
    )
    parser.add_argument(
        '--fail-on',
        choices=('proven', 'flagged'),
        help=f'exit code {FOUND} if there are such photos without a decision',
    )
    given = parser.parse_args(arguments)
    photos = photos_at(given.photos)
    set_params({'source': 'folder', 'folder': str(photos)} | ({'words': dict(given.words)} if given.words else {}))
    # The stages call python, which must be this one.
    os.environ['PATH'] = f'{Path(sys.executable).parent}{os.pathsep}{os.environ.get("PATH", os.defpath)}'
    from dvc.cli import main as dvc  # takes half a second, which the stage should not cost

    if code := dvc(['repro', 'audit']) or subprocess.run([sys.executable, '-m', 'stages.report']).returncode:
        sys.exit(code)
    print(f'\n{photos}:\n{(METRICS / "report" / "audit.md").read_text(encoding="utf-8").strip()}')
    print(f'All photos, the most suspect first: {METRICS / "audit.csv"}; what was left out: {METRICS / "remarks.csv"}')
    if given.fail_on and (count := undecided(given.fail_on)):
        print(f'{counted(count, "photo")} {given.fail_on} and not decided on (docs/clean.md)', file=sys.stderr)
        sys.exit(FOUND)


def undecided(kind: str) -> int:
    """Return how many photos of the last audit are proven or flagged and have no decision."""
    return sum(row[kind] == '1' and not row['decision'] for row in read_csv(METRICS / 'audit.csv'))


def _meaning(text: str) -> tuple[str, str]:
    word, _, label = text.rpartition('=')
    if not word or label not in LABELS:
        raise ArgumentTypeError(f'{text}: write WORD=female or WORD=male')
    return word, label


def photos_at(given: str) -> Path:
    """Return the absolute path of photos; a ~ that the shell left is a home folder, unless a file is called so.

    Raises a StudyError if there is nothing, or nothing that the workflow can read.
    """
    path = Path(os.path.abspath(given if os.path.exists(given) else os.path.expanduser(given)))
    if not path.exists():
        raise StudyError(f'{printable(str(path))}: no such folder or archive; name the one that holds your photos')
    if not str(path).isprintable():
        raise StudyError(f'{printable(str(path))}: rename it, without control characters and bytes that are no text')
    real = path.resolve()
    for written in (folder.resolve() for folder in (RAW, CLEAN, METRICS)):
        if real.is_relative_to(written) or written.is_relative_to(real):
            raise StudyError(f'{path}: the workflow writes its own files there; copy the photos to another folder')
    return path


def set_params(data: dict) -> None:
    """Set params of the section `data` in params.yaml, whose comments stay, and say so, and how to go back."""
    from dvc.utils.serialize import modify_yaml

    with modify_yaml(PARAMS) as content:
        content['data'] |= data
    values = ', '.join(f'data.{name}: {value}' for name, value in data.items())
    print(f'{PARAMS} now has {values}')
    print(f'To go back afterwards: git checkout {PARAMS} dvc.lock {METRICS}; dvc checkout', flush=True)
