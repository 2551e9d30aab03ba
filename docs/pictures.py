"""Draw docs/triggers.png, the picture of the triggers: python -m docs.pictures

It shows two portraits that the project draws, with the params of params.yaml.
"""

from pathlib import Path

import numpy as np

from stages.common.params import load_params, subclasses_in
from stages.faces.align import Frame
from stages.faces.photograph import face_photo
from stages.portraits import portrait
from stages.report.__main__ import Params
from stages.report.charts import gallery
from stages.triggers.trigger import Trigger, chosen_trigger, triggered

PEOPLE = (0, 1)  # a female and a male portrait


def main() -> None:
    """Draw two faces as they are, and with each trigger."""
    params = load_params(Params)
    kinds = list(subclasses_in('stages.triggers', Trigger))
    frame = Frame(params.preprocess.size)
    crops = [face_photo(portrait(1, index).jpeg, '.jpg', frame).crop for index in PEOPLE]
    pixels, landmarks = (np.stack([getattr(crop, name) for crop in crops]) for name in ('pixels', 'landmarks'))
    columns = [pixels]
    for kind in kinds:
        columns.append(np.stack(list(triggered(chosen_trigger(params.trigger | {'kind': kind}), pixels, landmarks))))
    pictures = [column[person] for person in range(len(PEOPLE)) for column in columns]
    captions = [name for _ in PEOPLE for name in ('as it is', *kinds)]
    title = 'Two faces with each trigger, as the network sees them'
    gallery(pictures, captions, title, Path('docs/triggers.png'), 1 + len(kinds))


if __name__ == '__main__':
    main()
