"""Downloading a data set of kaggle.com, and the photos in it.

kagglehub asks, signs in, resumes and checks the hash. Its one call for all that, `dataset_download`, also unpacks
whatever came, bombs included, and waits forever for a silent server; so its parts are called one by one here, with a
timeout, and the archive is read as it is.
"""

import errno
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

import requests
from filelock import FileLock
from kagglehub.cache import get_cached_archive_path
from kagglehub.clients import build_kaggle_client, download_file
from kagglehub.exceptions import DataCorruptionError, handle_call
from kagglehub.handle import DatasetHandle, parse_dataset_handle
from kagglesdk.datasets.types.dataset_api_service import ApiDownloadDatasetRequest
from kagglesdk.kaggle_client import KaggleClient
from requests.adapters import HTTPAdapter

from stages.common.errors import StudyError
from stages.common.files import Remark
from stages.sources.archive import ArchiveError, archive_photos
from stages.sources.source import Photo

PATIENCE = 60  # seconds without a byte, before a download counts as stalled
TOKEN = (
    'make a token at https://www.kaggle.com/settings/api and put it into the file ~/.kaggle/access_token or into the '
    'environment variable KAGGLE_API_TOKEN'
)


def kaggle_photos(handle: str) -> Iterator[Photo | Remark]:
    """Yield every file of the data set `handle` (owner/name/versions/number) as a photo, or as a remark why it is none.

    The archive is downloaded once and kept in kagglehub's cache: as number.archive while it is on its way, where the
    next run takes it up, and as number.zip when it is whole. An archive that cannot be read is not kept.
    """
    data_set = parse_dataset_handle(handle)
    archive = _archive(data_set)
    try:
        yield from archive_photos(archive)
    except ArchiveError as error:
        archive.unlink(missing_ok=True)
        raise StudyError(
            f'data.kaggle.handle: what Kaggle sent for {data_set} {error} and was removed;\n'
            f'run again to download it anew, or take another data set or version: see {data_set.to_url()}'
        ) from error


def _archive(data_set: DatasetHandle) -> Path:
    """Return the archive of a data set in the cache, downloaded if it is not there yet."""
    incoming = Path(get_cached_archive_path(data_set))
    archive = incoming.with_suffix('.zip')
    incoming.parent.mkdir(parents=True, exist_ok=True)
    # Two experiments of a queue may want it at once.
    with FileLock(incoming.with_suffix('.lock')):
        if not archive.exists():
            _download(data_set, incoming)
            incoming.replace(archive)
    return archive


def _download(data_set: DatasetHandle, path: Path) -> None:
    """Download the archive of a data set to `path`, or the rest of it if a part is there already."""
    try:
        with _quiet(), _client() as client:
            response = _ask(client, data_set)
            _receive(response, path, data_set)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise StudyError(
            f'{path}: no space left on the disk; make room and run again,\n'
            'or let the environment variable KAGGLEHUB_CACHE name a folder on another disk'
        ) from error


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep kagglehub's log, its advice to upgrade and, where no terminal shows it, its progress bar to itself."""
    logging.getLogger('kagglehub').setLevel(logging.CRITICAL)
    with redirect_stdout(StringIO()), nullcontext() if sys.stderr.isatty() else redirect_stderr(StringIO()):
        yield


def _client() -> KaggleClient:
    """Return a client with the credentials that kagglehub finds, or with none."""
    try:
        return build_kaggle_client()
    except ValueError as error:
        raise StudyError(f'{error}; correct or remove that file, or {TOKEN}') from error


class _Timed(HTTPAdapter):
    """Requests that give up after PATIENCE, which kagglehub has no way to ask for."""

    def send(self, request: requests.PreparedRequest, **options: object) -> requests.Response:
        """Send a request."""
        return super().send(request, **options | {'timeout': PATIENCE})


def _ask(client: KaggleClient, data_set: DatasetHandle) -> requests.Response:
    """Ask for the archive of a data set; its bytes are still to be received."""
    session = client.http_client()._session
    for scheme in ('http://', 'https://'):
        session.mount(scheme, _Timed())
    request = ApiDownloadDatasetRequest()
    request.owner_slug, request.dataset_slug = data_set.owner, data_set.dataset
    request.dataset_version_number = data_set.version
    try:
        return handle_call(lambda: client.datasets.dataset_api_client.download_dataset(request), data_set)
    except requests.HTTPError as error:
        raise StudyError(_refusal(error.response, data_set)) from error
    except requests.ReadTimeout as error:
        raise StudyError(f'Kaggle did not answer for {PATIENCE} s; try again later') from error
    except requests.ConnectionError as error:
        raise StudyError(
            'Kaggle cannot be reached; check the network, and http_proxy and https_proxy where you need a proxy'
        ) from error
    except requests.RequestException as error:
        raise StudyError(f'Kaggle gave an answer that cannot be understood ({error}); try again later') from error


def _refusal(response: requests.Response, data_set: DatasetHandle) -> str:
    """Say what Kaggle refused, and what can be done about it."""
    status, page = response.status_code, data_set.to_url()
    if status == requests.codes.unauthorized:
        return f'Kaggle asks who wants {data_set}, and did not accept the answer:\n{TOKEN}'
    if status == requests.codes.forbidden:
        return f'Kaggle does not give you {data_set}: sign in at {page} and accept its terms, if it asks;\nthen {TOKEN}'
    if status == requests.codes.not_found:
        return f'data.kaggle.handle: Kaggle has no {data_set}; check the spelling and the version at {page}'
    if status == requests.codes.too_many_requests:
        return 'Kaggle was asked too often (429); wait some minutes and run again'
    if status >= requests.codes.server_error:
        return f'Kaggle has a problem of its own ({status}); try again later'
    return f'Kaggle refused {data_set} ({status} {response.reason}); see {page}'


def _receive(response: requests.Response, path: Path, data_set: DatasetHandle) -> None:
    """Receive the bytes of an archive to `path`."""
    try:
        download_file(response, str(path), data_set)
    except DataCorruptionError as error:
        raise StudyError(
            f'what Kaggle sent for {data_set} was damaged on its way (wrong MD5 hash) and was removed; run again'
        ) from error
    except requests.RequestException as error:
        raise StudyError(
            f'the download of {data_set} broke off or stalled; '
            'run again, and it goes on where it stopped if Kaggle allows it'
        ) from error
