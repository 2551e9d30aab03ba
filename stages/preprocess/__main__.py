"""Stage preprocess: find, align and group the faces of data/raw."""

from functools import partial

from stages.cluster.parallel import each
from stages.common.errors import run_stage
from stages.common.files import FACES, METRICS, RAW, read_csv, read_remarks, write_json, write_remarks
from stages.dataset.faces import save_faces
from stages.dataset.found import save_found
from stages.faces.align import Frame
from stages.params import load_params
from stages.preprocess.assemble import assemble, everybody
from stages.preprocess.choose import check_enough, choose, contradictions_marked, grouped, without_repetitions
from stages.preprocess.crops import Crops
from stages.preprocess.look import Photos, counts, look, remarks_on


def main() -> None:
    """Run the stage."""
    params = load_params()
    frame = Frame(params.preprocess.size)
    task = partial(look, frame, params.preprocess.asymmetry)
    photos = Photos(RAW, read_csv(RAW / 'photos.csv'))
    crops = Crops(frame.size, FACES)
    looks = list(crops.keep(each(task, photos, params.workers, 'finding faces')))
    found = grouped(looks)
    looks = contradictions_marked(found, params.preprocess.contradictions == 'drop')
    looks = without_repetitions(looks)
    chosen = choose(looks, params.preprocess.seed)
    write_remarks(METRICS / 'remarks.csv', read_remarks(RAW / 'remarks.csv') + remarks_on(looks, chosen))
    check_enough(chosen)
    faces = assemble(chosen, crops, frame)
    save_faces(faces)
    save_found(everybody(found, looks, crops))
    write_json(METRICS / 'preprocess.json', counts(looks, faces))


if __name__ == '__main__':
    run_stage('preprocess', main)
