"""Errors that a user can cause and mend."""

import os
import sys
from collections.abc import Callable


class StudyError(Exception):
    """Something that the user can mend, said in one or two plain lines."""


def run_stage(name: str, main: Callable[[], None]) -> None:
    """Run the main function of stage `name`; what a user can mend becomes a line on stderr and exit code 1.

    That is a StudyError, a disk that is full or refuses, and want of memory. The environment variable
    STUDY_TRACEBACK=1 shows the traceback instead.
    """
    if os.environ.get('STUDY_TRACEBACK'):
        main()
        return
    try:
        main()
    except StudyError as error:
        sys.exit(f'{name}: {error}')
    except OSError as error:
        sys.exit(f'{name}: {error.filename or "a file"}: {error.strerror or error}')
    except MemoryError:
        sys.exit(f'{name}: not enough memory; set `workers` or `preprocess.size` lower')
    except KeyboardInterrupt:
        sys.exit(f'{name}: stopped')
