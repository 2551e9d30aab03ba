"""A `python` command for tests whose `python -m` forks a process that has already imported the libraries."""

import atexit
import gc
import inspect
import json
import os
import runpy
import shutil
import signal
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from fcntl import F_DUPFD, fcntl
from functools import cache
from importlib import import_module
from importlib.metadata import distribution
from importlib.util import find_spec
from pathlib import Path
from select import select
from tempfile import mkdtemp

import psutil

# Importing these takes most of the start-up time of a stage, of DVC and of Dask. Other modules, and the code of the
# project, are imported in each fork.
LIBRARIES = (
    'celery', 'configobj', 'distributed.cli.dask_scheduler', 'distributed.cli.dask_worker', 'dlib', 'dulwich.porcelain',
    'dvc.cli.parser', 'dvc.data_cloud', 'dvc.dependency', 'dvc.output', 'dvc.repo.experiments.run',
    'dvc.repo.reproduce', 'dvc.stage.cache', 'filelock', 'hydra.compose', 'imagehash', 'jinja2',
    'joblib.externals.loky.process_executor', 'kagglesdk', 'markdown_it', 'matplotlib.backends.backend_agg',
    'matplotlib.backends.backend_svg', 'matplotlib.figure', 'networkx', 'PIL.Image', 'pydantic.fields', 'pydantic.main',
    'pydantic.type_adapter', 'pydantic.types', 'ruamel.yaml', 'scipy.ndimage', 'scipy.spatial', 'scipy.stats',
    'sklearn.cluster', 'sklearn.decomposition', 'sklearn.metrics', 'sklearn.model_selection', 'threadpoolctl',
    'tqdm.contrib.concurrent', 'yaml',
)  # fmt: skip
COMMAND = """#!{python} -IS
import json, os, socket, sys
if sys.argv[1:2] != ['-m']:
    os.execv('{python}', ['python', *sys.argv[1:]])
def is_open(number):
    try:
        return bool(os.fstat(number))
    except OSError:
        return False
files = list(filter(is_open, range(200)))
server = socket.socket(socket.AF_UNIX)
server.connect('{address}')
socket.send_fds(server, [b' '], files)
request = [files, os.getpgrp(), os.getcwd(), dict(os.environ), sys.argv[2], sys.argv[3:]]
server.sendall(json.dumps(request).encode() + b'\\n')
sys.exit(int(server.recv(9)))
"""


def forking_python() -> Path:
    """Return the path of the command that forks a process, which is started on first use and ends with this one.

    A fork is in the process group of the command, and is killed if the command is. A signal to the command alone does
    not reach it.
    """
    return _forked()[0]


def forked_seconds() -> float:
    """Return the CPU seconds of all forks that have ended, and of their children."""
    taken = psutil.Process(_forked()[1].pid).cpu_times()
    return taken.children_user + taken.children_system


@cache
def _forked() -> tuple[Path, subprocess.Popen]:
    """Start the process to fork; return the command, and the process."""
    # With the path of the package, the server need not import the project.
    from stages.faces.find import LANDMARK_MODEL

    model = distribution('face_recognition_models').locate_file(LANDMARK_MODEL)
    folder = Path(mkdtemp())
    address = str(folder / 'socket')
    environment = os.environ | {'OMP_NUM_THREADS': '1', 'OPENBLAS_NUM_THREADS': '1'}
    server = subprocess.Popen(
        [sys.executable, '-P', __file__, address, str(model)],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    atexit.register(shutil.rmtree, folder)
    atexit.register(server.communicate)
    server.stdout.readline()
    command = folder / 'python'
    command.write_text(COMMAND.format(python=sys.executable, address=address))
    command.chmod(0o755)
    return command, server


def load(model: str) -> None:
    """Import the libraries, and load what else takes long in many stages: what dlib finds faces with, for one."""
    for name in LIBRARIES:
        if find_spec(name.split('.')[0]):  # Dask is optional
            import_module(name)
    dlib, installed = import_module('dlib'), import_module('importlib.metadata')
    for module, name, arguments in (
        (dlib, 'get_frontal_face_detector', ()), (dlib, 'shape_predictor', (model,)),
        (installed, 'packages_distributions', ()),
    ):  # fmt: skip
        loaded = cache(getattr(module, name))
        loaded(*arguments)
        setattr(module, name, loaded)
    # Pydantic asks for the module of every frame that a model is made in; Python compares the files of all modules.
    getmodule = inspect.getmodule
    inspect.getmodule = lambda of, *file: (
        sys.modules.get(of.f_globals.get('__name__')) if inspect.isframe(of) else getmodule(of, *file)
    )


def serve(address: str, model: str) -> None:
    """Fork for each request of COMMAND and send back the exit code; exit when stdin is closed."""
    load(model)
    sys.executable = str(Path(address).with_name('python'))  # workers of joblib are such forks, too
    gc.freeze()  # otherwise each fork would traverse all objects when it exits
    server = socket.socket(socket.AF_UNIX)
    server.bind(address)
    server.listen()
    print('ready', flush=True)
    running, killed = {}, set()
    while True:
        commands = {connection for _, connection in running.values()} - killed
        ready, _, _ = select([sys.stdin, server, *running, *commands], [], [])
        if sys.stdin in ready:
            sys.exit()
        for end in running.keys() & set(ready):
            pid, connection = running.pop(end)
            code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) % 256
            with suppress(OSError):
                connection.sendall(str(code).encode())
            killed.discard(connection)
            connection.close()
            os.close(end)
        for pid, connection in running.values():
            if connection in ready:  # the command has ended before its fork
                killed.add(connection)
                os.kill(pid, signal.SIGKILL)
        if server in ready:
            connection, _ = server.accept()
            _, streams, _, _ = socket.recv_fds(connection, 1, 200)
            request = json.loads(connection.makefile().readline())
            pid = os.fork()
            if not pid:
                for place in (server, connection, *(other for _, other in running.values())):
                    place.close()
                run(streams, *request)
            for stream in streams:
                os.close(stream)
            running[os.pidfd_open(pid)] = pid, connection


def run(
    streams: list[int], numbers: list[int], group: int, folder: str, environment: dict[str, str], module: str,
    arguments: list[str],
) -> None:  # fmt: skip
    """Run a module like `python -m`, and exit this process."""
    with suppress(PermissionError):  # the command is in another session
        os.setpgid(0, group)
    os.chdir(folder)
    apart = [fcntl(stream, F_DUPFD, 200) for stream in streams]  # beyond all numbers
    for stream in streams:
        os.close(stream)
    for copy, number in zip(apart, numbers, strict=True):
        os.dup2(copy, number)
        os.close(copy)
    os.environ.clear()
    os.environ.update(environment)
    sys.path[:0] = [folder, *filter(None, environment.get('PYTHONPATH', '').split(os.pathsep))]
    sys.argv = ['-m', *arguments]
    code: object = 0
    try:
        runpy.run_module(module, run_name='__main__', alter_sys=True)
    except SystemExit as error:
        if not isinstance(error.code, int | None):
            raise
        code = error.code or 0
    # What Python does at exit, except destroying all objects of the libraries: that would copy their memory first.
    threading._shutdown()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == '__main__':
    serve(*sys.argv[1:])
