"""Stage preprocess: find, align and group the faces of data/raw."""

from functools import partial

from stages.common.errors import run_stage
from stages.common.files import read_csv, write_json
from stages.common.parallel import each
from stages.common.remarks import read_remarks, write_remarks
from stages.params import load_params
from stages.photos.store import RAW
from stages.study.data import FACES, METRICS, save
from stages.study.gather import assemble, check_enough, choose, counts, look, remarks_on


def main() -> None:
    """Preprocess."""
    params = load_params()
    task = partial(look, RAW, params.preprocess.size, params.preprocess.asymmetry)
    looks = list(each(task, read_csv(RAW / 'photos.csv'), params.workers, 'finding faces'))
    chosen = choose(looks, params.preprocess.seed)
    write_remarks(METRICS / 'remarks.csv', read_remarks(RAW / 'remarks.csv') + remarks_on(looks, chosen))
    check_enough(chosen)
    faces = assemble(chosen)
    save(faces, FACES)
    write_json(METRICS / 'preprocess.json', counts(looks, faces))


if __name__ == '__main__':
    run_stage('preprocess', main)
