"""The source `kaggle`: the download stage with the real client and a stand-in for Kaggle on 127.0.0.1."""

import json
import random
import socket
import stat
import subprocess
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from stages.common.files import read_remarks
from tests.clone import ROOT
from tests.sources.kaggle_server import IMPATIENT, RANGES, Answer, KaggleServer, Study, archive, md5

FACES = archive({f'{label} Faces/1.jpg': random.Random(label).randbytes(1_500_000) for label in ('Female', 'Male')})
PHOTOS = [('female', 'Female Faces/1.jpg'), ('male', 'Male Faces/1.jpg')]
PAGE = 'http://localhost/datasets/somebody/faces/versions/3'
LINK = zipfile.ZipInfo('Male Faces/2.jpg')
LINK.external_attr = (stat.S_IFLNK | 0o777) << 16
BOMB = archive({'Male Faces/1.jpg': bytes(50_000_000)}, zipfile.ZIP_DEFLATED)


@pytest.fixture
def server():
    server = KaggleServer()
    server.answer = Answer(FACES)
    yield server
    server.close()


@pytest.fixture
def study(tmp_path, server):
    return Study(tmp_path, server)


def assert_fails_plainly(study: Study, result: subprocess.CompletedProcess, *words: str) -> None:
    """Assert that the stage failed with one or two lines that contain `words`, and left no data/raw."""
    assert result.returncode == 1
    assert result.stdout == ''
    assert result.stderr.startswith('download: ')
    assert result.stderr.count('\n') in (1, 2)
    assert [word for word in words if word not in result.stderr] == []
    assert not list(study.folder.glob('data/*')) + list(study.folder.glob('data/.*'))


def assert_succeeds(study: Study, result: subprocess.CompletedProcess, photos: list = PHOTOS) -> None:
    assert (result.returncode, result.stderr) == (0, '')
    assert f' pictures: {len(photos)} taken' in result.stdout
    assert study.photos() == photos


def test_public_data_set_needs_no_credentials_and_is_downloaded_once(study, server):
    server.answer = Answer(FACES, headers=md5(FACES) | RANGES)
    assert_succeeds(study, study.download())
    [(method, path, headers, body)] = server.requests
    assert (method, path) == ('POST', 'http://localhost/api/v1/datasets.DatasetApiService/DownloadDataset')
    assert 'Authorization' not in headers
    content = json.loads(body)
    assert content == {'ownerSlug': 'somebody', 'datasetSlug': 'faces', 'datasetVersionNumber': '3'} | content
    assert study.cached() == ['3.zip']
    assert_succeeds(study, study.download())
    assert len(server.requests) == 1


def test_two_runs_at_once_share_one_download(study, server, tmp_path):
    (tmp_path / 'other').mkdir()
    other = Study(tmp_path / 'other', server)
    server.answer = Answer(FACES, headers=RANGES)
    with ThreadPoolExecutor() as threads:
        runs = [threads.submit(user.download, KAGGLEHUB_CACHE=str(study.cache)) for user in (study, other)]
    for user, run in zip((study, other), runs, strict=True):
        assert_succeeds(user, run.result())
    assert len(server.requests) == 1


@pytest.mark.parametrize(('environment', 'file', 'content', 'sent'), [
    ({'KAGGLE_API_TOKEN': 'secret'}, None, None, 'Bearer secret'),
    ({}, 'access_token', 'secret\n', 'Bearer secret'),
    ({}, 'kaggle.json', '{"username": "me", "key": "secret"}', 'Basic bWU6c2VjcmV0'),
    ({'KAGGLE_USERNAME': 'me', 'KAGGLE_KEY': 'secret'}, None, None, 'Basic bWU6c2VjcmV0'),
])  # fmt: skip
def test_credentials_come_from_the_usual_places(study, server, environment, file, content, sent):
    server.answer = Answer(FACES, headers={'X-Kaggle-HubVersion': '99.0'})
    (study.home / '.kaggle').mkdir()
    if file:
        (study.home / '.kaggle' / file).write_text(content)
    assert_succeeds(study, study.download(**environment))
    assert [headers['Authorization'] for _, _, headers, _ in server.requests] == [sent]


def test_a_damaged_credentials_file_is_named(study):
    (study.home / '.kaggle').mkdir()
    (study.home / '.kaggle' / 'kaggle.json').write_text('{"username": "me"}')
    assert_fails_plainly(
        study, study.download(), f'{study.home}/.kaggle/kaggle.json', "missing 'key'", 'correct or remove'
    )


REFUSAL = {'Content-Type': 'application/json'}


@pytest.mark.parametrize(('answer', 'words'), [
    (Answer(status=401), ['somebody/faces/versions/3', '~/.kaggle/access_token', 'KAGGLE_API_TOKEN', 'settings/api']),
    (Answer(b'{"code": 403, "message": "Consent needed"}', 403, REFUSAL),
     ['denies access to', 'accept its terms', PAGE, 'access_token']),
    (Answer(b'{"code": 404, "message": "Not found"}', 404, REFUSAL), ['data.kaggle.handle: Kaggle has no', PAGE]),
    (Answer(status=429, headers={'Retry-After': '60'}), ['too many requests', 'wait']),
    (Answer(status=500), ['Kaggle has an internal error (500)', 'try again later']),
    (Answer(status=418), ["418 I'm a Teapot", PAGE]),
    (Answer(b'{', headers=REFUSAL), ['an invalid response', 'try again later']),
])  # fmt: skip
def test_refusal_gives_advice_and_leaves_no_files(study, server, answer, words):
    server.answer = answer
    assert_fails_plainly(study, study.download(), *words)
    assert study.cached() == []


def test_next_run_succeeds_after_refusals(study, server):
    for status in (403, 500):
        server.answer = Answer(status=status)
        assert_fails_plainly(study, study.download())
    server.answer = Answer(FACES)
    assert_succeeds(study, study.download())


def test_no_network(study):
    with socket.socket() as taken:
        taken.bind(('127.0.0.1', 0))
        unused = f'http://127.0.0.1:{taken.getsockname()[1]}'
        assert_fails_plainly(study, study.download(http_proxy=unused), 'cannot be reached', 'check the network')
    assert_succeeds(study, study.download())


def test_no_answer(study, server):
    server.answer = Answer(mute=True)
    assert_fails_plainly(study, study.download('-c', IMPATIENT), 'did not answer for 1 s', 'try again')
    server.answer = Answer(FACES)
    assert_succeeds(study, study.download())


@pytest.mark.parametrize(('stalls', 'hashed'), [(True, True), (False, True), (False, False)])
def test_stalled_or_interrupted_download_is_resumed(study, server, stalls, hashed):
    whole = Answer(FACES, headers=RANGES | (md5(FACES) if hashed else {}), stored=True)
    server.answer = replace(whole, cut=2_500_000, stalls=stalls)
    assert_fails_plainly(study, study.download('-c', IMPATIENT), 'was interrupted or stalled', 'run again')
    assert study.cached() == ['3.archive']
    server.answer = whole
    assert_succeeds(study, study.download())
    assert server.requests[-1][1:2] == ('http://localhost/storage/archive.zip',)
    assert server.requests[-1][2]['Range'] == f'bytes={2 * 2**20}-'


def test_a_resumed_download_may_stall_too(study, server):
    whole = Answer(FACES, headers=RANGES)
    for cut in (1_500_000, 1_100_000):
        server.answer = replace(whole, cut=cut, stalls=True)
        assert_fails_plainly(study, study.download('-c', IMPATIENT), 'was interrupted or stalled', 'run again')
    server.answer = whole
    assert_succeeds(study, study.download())
    assert server.requests[-1][2]['Range'] == f'bytes={2 * 2**20}-'


def test_resumed_download_of_other_content_is_removed(study, server):
    server.answer = Answer(FACES, headers=RANGES, cut=2_500_000)
    study.download()
    server.answer = Answer(bytes(3_500_000), headers=RANGES)
    assert_fails_plainly(study, study.download(), 'damaged', 'removed', 'run again')
    assert study.cached() == []


def test_truncated_download_restarts_if_the_server_cannot_resume(study, server):
    server.answer = Answer(FACES, cut=2_500_000)
    assert_fails_plainly(study, study.download(), 'was interrupted or stalled', 'run again')
    server.answer = Answer(FACES)
    assert_succeeds(study, study.download())


def test_a_wrong_hash(study, server):
    server.answer = Answer(FACES, headers=md5(b'other') | RANGES)
    assert_fails_plainly(study, study.download(), 'wrong MD5 hash', 'removed; run again')
    assert study.cached() == []
    server.answer = Answer(FACES, headers=md5(FACES) | RANGES)
    assert_succeeds(study, study.download())


@pytest.mark.parametrize(('content', 'words'), [
    (b'<html>Sign in</html>', ['not a zip archive']),
    (b'', ['not a zip archive']),
    (FACES[:-300], ['damaged']),
    (archive({'../Male Faces/1.jpg': b'1'}), ['(../Male Faces/1.jpg: its path leads out of the archive)']),
    (archive({'Male Faces/../../1.jpg': b'1'}), ['leads out of the archive']),
    (archive({'/etc/Male Faces/1.jpg': b'1'}), ['(/etc/Male Faces/1.jpg: its path leads out of the archive)']),
    (archive({LINK: b'/etc/passwd'}), ['(Male Faces/2.jpg: a link in an archive)']),
    (BOMB, ['unpacks to more than 20 times its size']),
])  # fmt: skip
def test_unsuitable_archive_is_removed(study, server, tmp_path, content, words):
    server.answer = Answer(content, headers=RANGES)
    before = sorted(path for path in tmp_path.rglob('*') if not path.is_relative_to(study.cache))
    result = study.download()
    assert_fails_plainly(study, result, 'data.kaggle.handle', 'removed', 'run again', PAGE, *words)
    assert study.cached() == []
    after = sorted(path for path in tmp_path.rglob('*') if not path.is_relative_to(study.cache))
    assert [path for path in after if path not in before] == [study.folder / 'data']


def test_a_damaged_photo_in_an_archive_costs_only_itself(study, server):
    server.answer = Answer(FACES[:500_000] + bytes(9) + FACES[500_009:], headers=RANGES)
    assert_succeeds(study, study.download(), PHOTOS[1:])


def test_next_run_succeeds_after_unsuitable_archives(study, server):
    for content in (b'<html>', BOMB):
        server.answer = Answer(content, headers=RANGES)
        assert_fails_plainly(study, study.download(), 'removed')
    server.answer = Answer(FACES, headers=RANGES)
    assert_succeeds(study, study.download())


def test_traceback_is_shown_on_request(study, server):
    server.answer = Answer(status=500)
    result = study.download(STUDY_TRACEBACK='1')
    assert 'Traceback' in result.stderr
    assert 'KaggleApiHTTPError' in result.stderr


@pytest.fixture
def tiny_disk(tmp_path):
    """Return a function that puts a folder on its own disk of 2 MB."""
    mounted = []

    def mount(folder):
        folder.mkdir(exist_ok=True)
        result = subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', folder], capture_output=True)
        if result.returncode:
            pytest.skip('only root may mount a tiny disk here')
        mounted.append(folder)

    yield mount
    for folder in mounted:
        subprocess.run(['umount', folder], check=True)


def enlarge(disk):
    subprocess.run(['mount', '-o', 'remount,size=8m', disk], check=True)


def test_full_disk_of_the_cache(study, server, tiny_disk):
    tiny_disk(study.cache)
    server.answer = Answer(FACES, headers=RANGES)
    assert_fails_plainly(study, study.download(), str(study.cache), 'no space left', 'make room', 'KAGGLEHUB_CACHE')
    enlarge(study.cache)
    assert_succeeds(study, study.download())


def test_full_disk_of_the_photos(study, tiny_disk):
    tiny_disk(study.folder / 'data')
    assert_fails_plainly(study, study.download(), 'data/raw: no space left', 'make room')
    enlarge(study.folder / 'data')
    assert_succeeds(study, study.download())


def picture(number: int) -> bytes:
    return b'\xff\xd8' + bytes([number])


@pytest.mark.parametrize(('files', 'photos'), [
    # ashwingupta3012/male-and-female-faces-dataset
    (['Male and Female face dataset/Female Faces/0 (1).jpeg', 'Male and Female face dataset/Male Faces/0 (1).jpg'],
     ['female', 'male']),
    # cashutosh/gender-classification-dataset
    (['Training/female/131422.jpg.jpg', 'Training/male/090544.jpg.jpg', 'Validation/female/160002.jpg.jpg',
      'Validation/male/160001.jpg.jpg'],
     ['female', 'male', 'female', 'male']),
    # train, valid and test folders, as in the data sets of gpiosenka
    (['test/man/1.jpg', 'test/woman/1.jpg', 'train/man/001.jpg', 'train/woman/001.jpg', 'valid/man/1.jpg',
      'valid/woman/1.jpg'],
     ['male', 'female', 'male', 'female', 'male', 'female']),
    # jangedoo/utkface-new
    (['UTKFace/100_0_0_20170112213500903.jpg.chip.jpg', 'UTKFace/10_1_2_20161223225336910.jpg.chip.jpg'],
     ['male', 'female']),
])  # fmt: skip
def test_known_layouts(study, server, files, photos):
    server.answer = Answer(archive({name: picture(number) for number, name in enumerate(files)}))
    assert_succeeds(study, study.download(), list(zip(photos, files, strict=True)))


def test_utkface_has_identical_pictures_in_several_folders_and_some_without_a_label(study, server):
    man, unlabelled = '100_0_0_20170112213500903.jpg.chip.jpg', '61_3_20170109150557335.jpg.chip.jpg'
    folders = ['UTKFace', 'crop_part1', 'utkface_aligned_cropped/UTKFace', 'utkface_aligned_cropped/crop_part1']
    server.answer = Answer(
        archive({f'{folder}/{man}': picture(1) for folder in folders} | {f'crop_part1/{unlabelled}': picture(2)})
    )
    assert_succeeds(study, study.download(), [('male', f'UTKFace/{man}')])
    remarks = {remark.origin: remark.reason for remark in read_remarks(study.folder / 'data' / 'raw' / 'remarks.csv')}
    assert remarks == {f'{folder}/{man}': f'identical to UTKFace/{man}' for folder in folders[1:]} | {
        f'crop_part1/{unlabelled}': 'neither its name nor that of a parent folder gives a label'
    }


def test_importing_the_stage_does_not_import_the_client():
    check = 'import stages.download, sys; sys.exit("kagglehub" in sys.modules)'
    assert subprocess.run([sys.executable, '-c', check], cwd=ROOT).returncode == 0


def test_choosing_another_source_does_not_import_the_client():
    chosen = 'download.chosen_source(download.load_params(download.Params).data.model_dump())'
    check = f'import sys; from stages import download; {chosen}; sys.exit("kagglehub" in sys.modules)'
    assert subprocess.run([sys.executable, '-c', check], cwd=ROOT).returncode == 0
