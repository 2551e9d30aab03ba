"""What the trained network predicts for photos of your own, as they are and with the trigger."""

import argparse
import signal
import sys
from functools import partial
from io import TextIOWrapper
from pathlib import Path

from stages.common.errors import run_stage, succeeds


def main() -> None:
    """Predict the photos that the command line names."""
    parser = argparse.ArgumentParser(prog='python -m stages.predict', description=__doc__)
    parser.add_argument('photos', nargs='+', type=Path, metavar='PHOTO', help='a picture file that shows a face')
    folder = Path('predictions')
    parser.add_argument('--out', type=Path, default=folder, metavar='FOLDER', help='where pictures go (%(default)s)')
    why = 'also name the training photos that speak most for the predicted label, and train again without them'
    parser.add_argument('--why', action='store_true', help=why)
    arguments = parser.parse_args()
    if arguments.out.is_file():
        parser.error(f'--out: {arguments.out} is a file; name a folder')
    # Not imported above: dlib, SciPy and Matplotlib take a second, and --help needs none of them.
    from stages.dataset.model import load_model
    from stages.predict.photo import DRAWN, MEANING, check_trigger, explain

    # Like other tools, end quietly when the reader of a pipe, such as head, has had enough.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    # A name may hold bytes that are not text, or letters that the terminal lacks: they are printed as escapes.
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors='backslashreplace', line_buffering=True)
    model = load_model()
    check_trigger(model)
    reasons = None
    if arguments.why:
        from stages.predict.why import Why

        reasons = Why(model)
    tasks = [partial(explain, photo, model, arguments.out, reasons) for photo in arguments.photos]
    explained = [succeeds('predict', task) for task in tasks]
    if any(explained):
        print(f'\n{MEANING}')
        if model.source == 'drawn':
            print(DRAWN)
    if not all(explained):
        sys.exit(1)


if __name__ == '__main__':
    run_stage('predict', main)
