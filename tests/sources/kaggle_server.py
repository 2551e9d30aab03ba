"""A stand-in for api.kaggle.com on 127.0.0.1, and a study whose download stage uses it with the real client."""

import base64
import hashlib
import io
import os
import subprocess
import sys
import threading
import zipfile
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import yaml

from stages.common.files import read_csv
from tests.clone import ROOT, merged
from tests.forks import forking_python

HANDLE = 'somebody/faces/versions/3'
IMPATIENT = """
import kagglehub.clients
import stages.sources._kaggle_download
from stages.common.errors import run_stage
from stages.download import main
stages.sources._kaggle_download.TIMEOUT_SECONDS = kagglehub.clients.DEFAULT_READ_TIMEOUT = 1
run_stage('download', main)
"""


@dataclass
class Answer:
    """A response of the server; after `cut` bytes of the body (None: all) it hangs up or, if it `stalls`, just waits.

    If it is `mute`, it never starts to respond. If it is `stored` elsewhere, as at Kaggle, it redirects first.
    """

    body: bytes = b''
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None
    stalls: bool = False
    mute: bool = False
    stored: bool = False


def archive(files: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    """Return a zip archive of files by name."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, 'w', method) as archive:
        for name, body in files.items():
            archive.writestr(name, body)
    return content.getvalue()


def md5(body: bytes) -> dict[str, str]:
    """Return the header in which Google's storage sends the hash of a body."""
    return {'x-goog-hash': f'crc32c=AAAAAA==,md5={base64.b64encode(hashlib.md5(body).digest()).decode()}'}


RANGES = {'Accept-Ranges': 'bytes'}


class KaggleServer(ThreadingHTTPServer):
    """A server that gives the same `answer` to all requests and records `requests` as (method, path, headers, body)."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(('127.0.0.1', 0), _Handler)
        self.answer, self.requests, self.closing = Answer(), [], threading.Event()
        threading.Thread(target=self.serve_forever, kwargs={'poll_interval': 0.05}, daemon=True).start()

    def close(self) -> None:
        """Close all connections and stop the server."""
        self.closing.set()
        self.shutdown()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        server, answer = self.server, self.server.answer
        body = self.rfile.read(int(self.headers.get('Content-Length', 0)))
        server.requests.append((self.command, self.path, dict(self.headers), body))
        if answer.mute:
            server.closing.wait()
            return
        if answer.stored and self.command == 'POST':
            self.send_response(302)
            self.send_header('Location', 'http://localhost/storage/archive.zip')
            self.send_header('Content-Length', '0')
            self.end_headers()
            return
        start = int(self.headers.get('Range', 'bytes=0-').removeprefix('bytes=').removesuffix('-'))
        content = answer.body[start:]
        self.send_response(206 if start else answer.status)
        for name, value in ({'Content-Length': str(len(content))} | answer.headers).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content[: answer.cut])
        if answer.stalls:
            server.closing.wait()
        self.close_connection = True

    def do_GET(self) -> None:
        self.do_POST()

    def log_message(self, *_: object) -> None:
        pass


class Study:
    """A folder in which the download stage runs, with its own home and cache, and a stand-in for Kaggle."""

    def __init__(self, folder: Path, server: KaggleServer):
        self.folder, self.server = folder / 'study', server
        self.home, self.cache = folder / 'home', folder / 'cache'
        for path in (self.folder, self.home, self.cache):
            path.mkdir()
        shipped = yaml.safe_load((ROOT / 'params.yaml').read_text())
        params = merged(shipped, {'data': {'source': 'kaggle', 'kaggle': {'handle': HANDLE}}})
        (self.folder / 'params.yaml').write_text(yaml.safe_dump(params))

    def download(self, *command: str, **environment: str) -> subprocess.CompletedProcess:
        """Run the stage as a fork, or Python with `command` instead, with additional variables in `environment`."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(('KAGGLE', 'STUDY'))}
        network = {'http_proxy': f'http://127.0.0.1:{self.server.server_port}', 'no_proxy': '', 'NO_PROXY': ''}
        folders = {'HOME': str(self.home), 'KAGGLEHUB_CACHE': str(self.cache), 'PYTHONPATH': str(ROOT)}
        return subprocess.run(
            [sys.executable, *command] if command else [forking_python(), '-m', 'stages.download'],
            cwd=self.folder,
            env=kept | network | folders | {'KAGGLE_API_ENVIRONMENT': 'LOCALHOST'} | environment,
            text=True,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=60,
        )

    def photos(self) -> list[tuple[str, str]]:
        """Return label and origin of every downloaded photo."""
        return [(row['label'], row['origin']) for row in read_csv(self.folder / 'data' / 'raw' / 'photos.csv')]

    def cached(self) -> list[str]:
        """Return the names of the files in the cache, except its lock."""
        return sorted(path.name for path in self.cache.rglob('*') if path.is_file() and path.suffix != '.lock')
