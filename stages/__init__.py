"""The stages of the workflow, one script each, and the rooms that they call."""

import signal
import sys

if sys.argv[0] == '-m':
    # `python -m stages.train` now imports for a second or two: until run_stage takes over, Ctrl-C just ends it.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
