"""A `python` command for tests whose `python -m` forks a process that has already imported the libraries."""

import atexit
import gc
import json
import os
import runpy
import shutil
import socket
import subprocess
import sys
from functools import cache
from importlib import import_module
from pathlib import Path
from select import select
from tempfile import mkdtemp

# Importing these takes most of the start-up time of a stage. Other modules, and the code of the project, are
# imported in each fork.
LIBRARIES = (
    'dlib', 'imagehash', 'jinja2', 'joblib', 'kagglesdk', 'markdown_it', 'matplotlib.backends.backend_agg',
    'matplotlib.figure', 'PIL.Image', 'pydantic', 'scipy.ndimage', 'scipy.spatial', 'scipy.stats', 'sklearn.cluster',
    'sklearn.decomposition', 'sklearn.metrics', 'sklearn.model_selection', 'threadpoolctl', 'tqdm', 'yaml',
)  # fmt: skip
COMMAND = """#!{python} -IS
import json, os, socket, sys
if sys.argv[1:2] != ['-m']:
    os.execv('{python}', ['python', *sys.argv[1:]])
server = socket.socket(socket.AF_UNIX)
server.connect('{address}')
socket.send_fds(server, [b' '], [0, 1, 2])
server.sendall(json.dumps([os.getcwd(), dict(os.environ), sys.argv[2], sys.argv[3:]]).encode())
server.shutdown(socket.SHUT_WR)
sys.exit(int(server.recv(9)))
"""


@cache
def forking_python() -> Path:
    """Start the process to fork, which ends with this process, and return the path of the command."""
    folder = Path(mkdtemp())
    address = str(folder / 'socket')
    environment = os.environ | {'OMP_NUM_THREADS': '1', 'OPENBLAS_NUM_THREADS': '1'}
    server = subprocess.Popen(
        [sys.executable, '-P', __file__, address], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    atexit.register(shutil.rmtree, folder)
    atexit.register(server.communicate)
    server.stdout.readline()
    command = folder / 'python'
    command.write_text(COMMAND.format(python=sys.executable, address=address))
    command.chmod(0o755)
    return command


def serve(address: str) -> None:
    """Fork for each request of COMMAND and send back the exit code; exit when stdin is closed."""
    for name in LIBRARIES:
        import_module(name)
    gc.freeze()  # otherwise each fork would traverse all objects when it exits
    server = socket.socket(socket.AF_UNIX)
    server.bind(address)
    server.listen()
    print('ready', flush=True)
    running = {}
    while True:
        ready, _, _ = select([sys.stdin, server, *running], [], [])
        if sys.stdin in ready:
            sys.exit()
        for end in running.keys() & set(ready):
            pid, connection = running.pop(end)
            connection.sendall(str(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) % 256).encode())
            connection.close()
            os.close(end)
        if server in ready:
            connection, _ = server.accept()
            _, streams, _, _ = socket.recv_fds(connection, 1, 3)
            request = json.loads(connection.makefile().read())
            pid = os.fork()
            if not pid:
                for place in (server, connection, *(other for _, other in running.values())):
                    place.close()
                run(streams, *request)
            for stream in streams:
                os.close(stream)
            running[os.pidfd_open(pid)] = pid, connection


def run(streams: list[int], folder: str, environment: dict[str, str], module: str, arguments: list[str]) -> None:
    """Run a module like `python -m`, and exit this process."""
    os.chdir(folder)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.environ.clear()
    os.environ.update(environment)
    sys.path[:0] = [folder, *filter(None, environment.get('PYTHONPATH', '').split(os.pathsep))]
    sys.argv = ['-m', *arguments]
    runpy.run_module(module, run_name='__main__', alter_sys=True)
    sys.exit()


if __name__ == '__main__':
    serve(sys.argv[1])
