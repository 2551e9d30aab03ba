"""Errors that a user can cause and mend."""

import os
import sys
from collections.abc import Callable


class StudyError(Exception):
    """Something that the user can mend, said in one or two plain lines."""


def succeeds(name: str, task: Callable[[], None]) -> bool:
    """Run a task of stage `name` and return whether it went well; what a user can mend becomes a line on stderr.

    That is a StudyError, a disk that is full or refuses, and want of memory. The environment variable
    STUDY_TRACEBACK=1 lets the error through instead, and so shows its traceback.
    """
    if os.environ.get('STUDY_TRACEBACK'):
        task()
        return True
    try:
        task()
    except StudyError as error:
        print(f'{name}: {error}', file=sys.stderr)
    except OSError as error:
        print(f'{name}: {error.filename or "a file"}: {error.strerror or error}', file=sys.stderr)
    except MemoryError:
        print(f'{name}: not enough memory; set `workers`, `sweep.workers` or `preprocess.size` lower', file=sys.stderr)
    else:
        return True
    return False


def run_stage(name: str, main: Callable[[], None]) -> None:
    """Run the main function of stage `name`; where it does not succeed, or is stopped by Ctrl-C, the exit code is 1."""
    try:
        if not succeeds(name, main):
            sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(f'{name}: stopped')
