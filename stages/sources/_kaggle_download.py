"""Downloading a data set of kaggle.com, and the photos in it.

kagglehub authenticates, downloads, resumes and checks the hash. Its function for all of this, `dataset_download`, also
unpacks anything, bombs included, and waits forever for a silent server. So its parts are called here one by one, with a
timeout, and the archive is read without unpacking it.
"""

import errno
import logging
import sys
from collections.abc import Iterator
from contextlib import nullcontext, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

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
from stages.sources.words import Vocabulary

TIMEOUT_SECONDS = 60  # without a byte
TOKEN = (
    'create a token at https://www.kaggle.com/settings/api and save it in the file ~/.kaggle/access_token or in the '
    'environment variable KAGGLE_API_TOKEN'
)


def kaggle_photos(handle: str, vocabulary: Vocabulary) -> Iterator[Photo | Remark]:
    """Yield a photo for every file of the data set owner/name/versions/number, or a remark why it is not one.

    The archive is kept in kagglehub's cache: as number.archive while incomplete, which the next run resumes, and as
    number.zip when complete. An archive that cannot be read is removed.
    """
    data_set = parse_dataset_handle(handle)
    archive = _archive(data_set)
    try:
        yield from archive_photos(archive, vocabulary=vocabulary)
    except ArchiveError as error:
        archive.unlink(missing_ok=True)
        raise StudyError(
            f'data.kaggle.handle: the archive of {data_set} that Kaggle sent {error} and was removed;\n'
            f'run again to download it again, or choose another data set or version: see {data_set.to_url()}'
        ) from error


def _archive(data_set: DatasetHandle) -> Path:
    """Return the archive of a data set in the cache, after downloading it if necessary."""
    incoming = Path(get_cached_archive_path(data_set))
    archive = incoming.with_suffix('.zip')
    incoming.parent.mkdir(parents=True, exist_ok=True)
    # Several queued experiments may need it at the same time.
    with FileLock(incoming.with_suffix('.lock')):
        if not archive.exists():
            _download(data_set, incoming)
            incoming.replace(archive)
    return archive


def _download(data_set: DatasetHandle, path: Path) -> None:
    """Download the archive of a data set to `path`, resuming a partial download."""
    try:
        # kagglehub logs, advises to upgrade and, also without a terminal, shows a progress bar.
        logging.getLogger('kagglehub').setLevel(logging.CRITICAL)
        hidden = nullcontext() if sys.stderr.isatty() else redirect_stderr(StringIO())
        with redirect_stdout(StringIO()), hidden, _client() as client:
            download_file(_ask(client, data_set), str(path), data_set)
    except DataCorruptionError as error:
        raise StudyError(
            f'the download of {data_set} was damaged (wrong MD5 hash) and was removed; run again'
        ) from error
    except requests.RequestException as error:
        raise StudyError(
            f'the download of {data_set} was interrupted or stalled; run again to resume it, if Kaggle allows that'
        ) from error
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise StudyError(
            f'{path}: no space left on the disk; make room and run again,\n'
            'or set the environment variable KAGGLEHUB_CACHE to a folder on another disk'
        ) from error


def _client() -> KaggleClient:
    """Return a client with the credentials that kagglehub finds, if any."""
    try:
        return build_kaggle_client()
    except ValueError as error:
        raise StudyError(f'{error}; correct or remove that file, or {TOKEN}') from error


class _TimeoutAdapter(HTTPAdapter):
    """Sends requests with a timeout, for which kagglehub has no option."""

    def send(self, *args: Any, **options: Any) -> requests.Response:
        """Send a request."""
        return super().send(*args, **options | {'timeout': TIMEOUT_SECONDS})


def _ask(client: KaggleClient, data_set: DatasetHandle) -> requests.Response:
    """Request the archive of a data set, without receiving its content."""
    session = client.http_client()._session
    for scheme in ('http://', 'https://'):
        session.mount(scheme, _TimeoutAdapter())
    request = ApiDownloadDatasetRequest()
    request.owner_slug, request.dataset_slug = data_set.owner, data_set.dataset
    request.dataset_version_number = data_set.version
    try:
        return handle_call(lambda: client.datasets.dataset_api_client.download_dataset(request), data_set)
    except requests.HTTPError as error:
        raise StudyError(_refusal(error.response, data_set)) from error
    except requests.ReadTimeout as error:
        raise StudyError(f'Kaggle did not answer for {TIMEOUT_SECONDS} s; try again later') from error
    except requests.ConnectionError as error:
        raise StudyError(
            'Kaggle cannot be reached; check the network, and http_proxy and https_proxy if you need a proxy'
        ) from error
    except requests.RequestException as error:
        raise StudyError(f'Kaggle sent an invalid response ({error}); try again later') from error


def _refusal(response: requests.Response, data_set: DatasetHandle) -> str:
    """Return what Kaggle refused, and what to do about it."""
    status, page = response.status_code, data_set.to_url()
    refusals = {
        401: f'Kaggle requires valid credentials for {data_set}:\n{TOKEN}',
        403: f'Kaggle denies access to {data_set}: sign in at {page} and accept its terms, if any;\nthen {TOKEN}',
        404: f'data.kaggle.handle: Kaggle has no {data_set}; check the spelling and the version at {page}',
        429: 'Kaggle received too many requests (429); wait a few minutes and run again',
    }
    if status >= 500:
        return f'Kaggle has an internal error ({status}); try again later'
    return refusals.get(status, f'Kaggle refused {data_set} ({status} {response.reason}); see {page}')
