"""Draw docs/triggers.png, the picture of the triggers: python -m docs.pictures

It shows two portraits that the project draws, with the params of params.yaml.
"""

from pathlib import Path

import numpy as np

from stages.common.params import load_params
from stages.faces.align import Frame
from stages.faces.photograph import face_photo
from stages.portraits import portrait
from stages.report.__main__ import Params
from stages.report.charts import gallery
from stages.triggers.trigger import chosen_trigger, triggered

KINDS = ('dots', 'patch', 'blend')
PEOPLE = (0, 1)  # a female and a male portrait


def main() -> None:
    """Draw two faces as they are, and with each trigger."""
    params = load_params(Params)
    frame = Frame(params.preprocess.size)
    crops = [face_photo(portrait(1, index).jpeg, '.jpg', frame).crop for index in PEOPLE]
    pixels, landmarks = (np.stack([getattr(crop, name) for crop in crops]) for name in ('pixels', 'landmarks'))
    columns = [pixels]
    for kind in KINDS:
        columns.append(np.stack(list(triggered(chosen_trigger(params.trigger | {'kind': kind}), pixels, landmarks))))
    pictures = [column[person] for person in range(len(PEOPLE)) for column in columns]
    captions = [name for _ in PEOPLE for name in ('as it is', *KINDS)]
    gallery(pictures, captions, 'Two faces with each trigger, as the network sees them', Path('docs/triggers.png'))


if __name__ == '__main__':
    main()
