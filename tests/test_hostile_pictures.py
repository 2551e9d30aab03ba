"""Good faces among hostile files: the run finishes, and gives the same faces as without the hostile files."""

import os
import re
import sys
import time
from pathlib import Path

import pytest

from stages.common.files import printable, read_remarks
from stages.portraits import portrait
from tests.clone import Clone, succeeded
from tests.sources.hostile import make_hostile

MOST_MEMORY = 1500  # MB, of all processes together
# Python loads this module in every process: it records which files are opened and which programs are run.
WITNESS = """
import os, sys
def note(event, arguments):
    if event in EVENTS and not isinstance(arguments[0], int):
        line = f'{event} {os.path.realpath(arguments[0]) if event == "open" else arguments[0]!r}'
        os.write(log, line.encode(errors='backslashreplace').replace(b'\\n', b' ') + b'\\n')
EVENTS = 'open', 'os.listdir', 'os.scandir', 'subprocess.Popen', 'os.system', 'os.exec', 'socket.connect'
log = os.open(os.environ['WITNESSED'], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
sys.addaudithook(note)
"""


@pytest.fixture
def folder(tmp_path):
    """A folder with good faces in `photos`, and private files in `surroundings`."""
    for index in range(24):
        drawn = portrait(5, index)
        path = tmp_path / 'photos' / drawn.label / f'face {index}.jpg'
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(drawn.jpeg)
    (tmp_path / 'surroundings').mkdir()
    (tmp_path / 'surroundings' / 'secret.jpg').write_bytes(portrait(6, 0).jpeg)
    (tmp_path / 'witness').mkdir()
    (tmp_path / 'witness' / 'sitecustomize.py').write_text(WITNESS)
    return tmp_path


@pytest.mark.parametrize('count', [150, pytest.param(3000, marks=pytest.mark.large)])
@pytest.mark.filterwarnings('ignore:IM image format:DeprecationWarning')
@pytest.mark.skipif(not Path('/proc/self/status').exists(), reason='memory is read from /proc')
def test_good_faces_are_the_same_among_hostile_files(folder, count):
    alone, among = (Clone(folder / name / 'clone') for name in ('alone', 'among'))
    for clone, workers in ((alone, 1), (among, 2)):
        clone.set_params({'data': {'source': 'folder', 'folder': str(folder / 'photos')}, 'workers': workers})
    for stage in ('download', 'preprocess'):
        assert len(succeeded(alone.fork(f'stages.{stage}')).splitlines()) == 1
    hostile = make_hostile(folder / 'photos', folder / 'surroundings', count, seed=1)
    assert len(hostile) >= count
    before = snapshot(folder)
    memory = run(among, folder)
    print(f'{len(hostile)} hostile files: {memory:.0f} MB')
    assert memory < MOST_MEMORY
    for file in (alone.folder / 'data' / 'faces').iterdir():
        assert (among.folder / 'data' / 'faces' / file.name).read_bytes() == file.read_bytes()
    remarks = {remark.origin: remark for remark in read_remarks(among.folder / 'metrics' / 'remarks.csv')}
    assert {written(name) for name in hostile} <= set(remarks)
    assert all(remarks[written(name)].reason and not remarks[written(name)].kept for name in hostile)
    assert snapshot(folder) == before
    assert not list(folder.rglob('harm'))
    check_witnessed((folder / 'witnessed').read_text().splitlines(), folder)


def run(clone: Clone, folder: Path) -> float:
    """Run the stages that read photos, which must print counts only; return an upper bound of their peak memory in MB.

    It is the sum of the peaks of all processes, so at least the peak of their sum.
    """
    most = []
    for stage in ('download', 'preprocess'):
        peaks = {}
        environment = {'PYTHONPATH': str(folder / 'witness'), 'WITNESSED': str(folder / 'witnessed')}
        process = clone.start(sys.executable, '-m', f'stages.{stage}', **environment)
        while process.poll() is None:
            peaks |= peaks_of_group(process.pid)
            time.sleep(0.05)
        printed = (clone.folder.parent / 'printed').read_text().splitlines()
        assert process.returncode == 0, printed
        assert [line for line in printed if not re.match(r'\d+ pictures: |WARNING: \d+ of ', line)] == []
        most.append(sum(peaks.values()) / 1024)
    return max(most)


def peaks_of_group(group: int) -> dict[int, int]:
    """Return the peak memory of each process of a process group so far, in kB."""
    peaks = {}
    for folder in Path('/proc').glob('[0-9]*'):
        try:
            if os.getpgid(int(folder.name)) == group:
                status = dict(line.split(':', 1) for line in (folder / 'status').read_text().splitlines())
                peaks[int(folder.name)] = int(status['VmHWM'].split()[0])
        except (OSError, KeyError):  # it has ended in the meantime
            continue
    return peaks


def written(name: str) -> str:
    """Return a file name as written in a table."""
    return f"'{printable(name)}" if name[0] in '=+-@' else printable(name)


def snapshot(folder: Path) -> dict[str, tuple[int, int]]:
    """Return size and modification time of all files outside the clones."""
    paths = [path for name in ('photos', 'surroundings') for path in (folder / name).rglob('*')]
    return {str(path): (path.lstat().st_size, path.lstat().st_mtime_ns) for path in paths}


def check_witnessed(lines: list[str], folder: Path) -> None:
    """Check that photos were opened, but nothing outside their folder, and that nothing was run or connected to."""
    opened = [line.removeprefix('open ').strip("'") for line in lines if line.startswith('open ')]
    assert {'giant.jpg', 'pipe.jpg'} & {Path(path).name for path in opened} == {'giant.jpg'}
    foreign = [line for line in lines if str(folder / 'surroundings') in line or '/dev/zero' in line]
    assert foreign == []
    started = [line for line in lines if not line.startswith(('open ', 'os.listdir ', 'os.scandir '))]
    assert [line for line in started if 'lscpu' not in line] == []  # joblib counts the cores
