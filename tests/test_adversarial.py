from pathlib import Path

import pytest

from benchmarks.measuring import write_params
from stages import adversarial
from stages.common.errors import StudyError
from stages.dataset.faces import save_faces


@pytest.mark.parametrize(('cycles', 'is_seen'), [(3.0, True), (4.0, False)])
def test_a_trigger_that_changes_no_pixel_is_refused(faces, tmp_path, monkeypatch, capsys, cycles, is_seen):
    monkeypatch.chdir(tmp_path)
    write_params(tmp_path, {'trigger': {'kind': 'wave', 'wave': {'cycles': cycles}}})
    save_faces(faces, Path('data/faces'))
    if is_seen:
        adversarial.main()
        assert capsys.readouterr().out.startswith('wave: ')
    else:
        # Crops have 8 pixels a side: this wave is 0 at each of them.
        with pytest.raises(StudyError, match=r'^trigger\.wave: no pixel of any face changes; set it to other values$'):
            adversarial.main()
        assert not Path('data/adversarial').exists()
