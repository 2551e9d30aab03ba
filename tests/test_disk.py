"""A full or read-only disk is an error of one line that names the file, and leaves no partial files."""

import os
import shutil
import subprocess

import pytest
import yaml

from tests.clone import ROOT, Clone


@pytest.fixture(scope='module')
def disk(tmp_path_factory, finished):
    """A clone on its own small disk, in which every stage has run."""
    if os.geteuid() != 0 or not shutil.which('mount'):
        pytest.skip('only root can mount a small disk')
    folder = tmp_path_factory.mktemp('disk') / 'disk'
    folder.mkdir()
    if subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', folder], capture_output=True).returncode:
        pytest.skip('a small disk cannot be mounted here')
    try:
        clone = Clone(folder, finished)
        clone.set_params({'workers': 2})
        yield clone
    finally:
        subprocess.run(['umount', folder], check=True)


def stages() -> list[str]:
    return list(yaml.safe_load((ROOT / 'dvc.yaml').read_text())['stages'])


# With some bytes left, the first files fit and a later one is truncated.
FULL = [*((name, 0) for name in stages()), ('report', 100_000)]


def check_refused(clone: Clone, stage: str, reason: str) -> None:
    result = clone.fork(f'stages.{stage}')
    assert result.returncode == 1
    assert result.stderr.count('\n') == 1, result.stderr
    line = result.stderr.strip()
    assert line.startswith((f'{stage}: data/', f'{stage}: metrics/'))
    assert reason in line
    assert list(clone.folder.rglob('.draft-*')) == []


@pytest.mark.parametrize(('stage', 'left'), FULL)
def test_a_full_disk(disk, stage, left):
    filler = disk.folder / 'filler'
    filler.unlink(missing_ok=True)
    filler.write_bytes(bytes(shutil.disk_usage(disk.folder).free - left))
    try:
        check_refused(disk, stage, 'no space left on the disk; make room and run again')
    finally:
        filler.unlink()


@pytest.mark.parametrize('stage', stages())
def test_a_read_only_disk(disk, stage):
    subprocess.run(['mount', '-o', 'remount,ro', disk.folder], check=True)
    try:
        check_refused(disk, stage, 'Read-only file system')
    finally:
        subprocess.run(['mount', '-o', 'remount,rw', disk.folder], check=True)
