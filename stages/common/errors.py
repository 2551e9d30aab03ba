"""Errors that a user can cause, and can fix."""

import os
import select
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from threadpoolctl import threadpool_limits

STDOUT = 1


class StudyError(Exception):
    """Something that the user can fix, said in one or two plain lines."""


def counted(count: int, noun: str) -> str:
    """Return a number with its noun, such as '1 photo' or '1,200 photos'."""
    return f'{count:,} {noun}{"s" * (count != 1)}'


class FactError(StudyError):
    """Why a computation is impossible, as a plain fact: the stage that knows params.yaml adds the param and advice."""


@contextmanager
def advising(advice: Mapping[type[FactError], str]) -> Iterator[None]:
    """Turn each type of FactError in `advice` into a StudyError: the sentence for it, with the fact in place of {}."""
    try:
        yield
    except tuple(advice) as error:
        sentence = next(sentence for fact, sentence in advice.items() if isinstance(error, fact))
        raise StudyError(sentence.format(error)) from error


def succeeds(name: str, task: Callable[[], None]) -> bool:
    """Run a task of stage `name` and return whether it succeeded; an error that a user can fix is a line on stderr.

    That is a StudyError, an error of the disk, and too little memory. The environment variable STUDY_TRACEBACK=1 lets
    the error through instead, and so shows its traceback.
    """
    if os.environ.get('STUDY_TRACEBACK'):
        task()
        return True
    try:
        task()
    except StudyError as error:
        print(f'{name}: {error}', file=sys.stderr)
    except OSError as error:
        if _is_read():
            print(f'{name}: {error.filename or "a file"}: {error.strerror or error}', file=sys.stderr)
    except MemoryError:
        print(f'{name}: out of memory; lower `workers`, `preprocess.size` or `train.hidden`', file=sys.stderr)
    else:
        return _is_read()
    return False


def _is_read() -> bool:
    """Return whether standard output may be read; if it is a pipe whose reader is gone, nothing more is written."""
    watched = select.poll()
    watched.register(STDOUT, 0)
    if is_gone := any(event & select.POLLERR for _, event in watched.poll(0)):
        os.dup2(os.open(os.devnull, os.O_WRONLY), STDOUT)  # Python writes the rest, and its own line, when it exits
    return not is_gone


class Terminated(KeyboardInterrupt):
    """SIGTERM, which schedulers and `timeout` send, stops a stage as Ctrl-C does."""


def run_stage(name: str, main: Callable[[], None]) -> None:
    """Run the main function of stage `name`; the exit code is 1 if it fails or is stopped by Ctrl-C, 143 by SIGTERM.

    It has one BLAS thread, so that the same bytes come out whatever the number of cores.
    """
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGTERM, _terminate)
        with threadpool_limits(1):
            if not succeeds(name, main):
                sys.exit(1)
    except KeyboardInterrupt as stop:
        print(f'{name}: stopped', file=sys.stderr)
        sys.exit(128 + signal.SIGTERM if isinstance(stop, Terminated) else 1)


def _terminate(*_: object) -> None:
    # What is half-written is being removed from here on: a second signal must not interrupt that.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    raise Terminated
