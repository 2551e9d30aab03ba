"""Stage preprocess: find, align and group the faces of data/raw."""

from contextlib import closing
from functools import partial

from stages.cluster.parallel import parallel_map
from stages.common.errors import run_stage
from stages.common.files import FACES, METRICS, RAW, read_csv, read_json, read_remarks, write_json, write_remarks
from stages.common.outdated import remove_other_report
from stages.common.params import StageParams, load_params
from stages.dataset.faces import save_faces
from stages.faces.align import Frame
from stages.preprocess import choose
from stages.preprocess.photos import Crops, Photos, counts, find_in_photo, remarks_on
from stages.report.data import data_lines


class Params(StageParams):
    """What this stage reads of params.yaml."""

    preprocess: choose.PreprocessParams


def main() -> None:
    """Run the stage."""
    params = load_params(Params)
    remove_other_report()
    preprocess = params.preprocess
    frame = Frame(preprocess.size)
    find = partial(find_in_photo, frame, preprocess.asymmetry)
    photos = Photos(RAW, read_csv(RAW / 'photos.csv'))
    crops = Crops(frame.size, FACES)
    with closing(parallel_map(find, photos, params.workers, 'finding faces')) as photo_results:
        with_faces = list(crops.keep(photo_results))
    found = choose.grouped(with_faces, crops, params.workers)
    marked = choose.contradictions_marked(found, drop=preprocess.contradictions == 'drop')
    results = choose.without_repetitions(marked)
    chosen = choose.choose_faces(results, preprocess.seed)
    write_remarks(METRICS / 'remarks.csv', read_remarks(RAW / 'remarks.csv') + remarks_on(results, chosen))
    read = read_json(RAW / 'read.json')
    unlabelled_in = read.pop('unlabelled_in')
    counted = counts(results, chosen, read)
    print(data_lines(counted, unlabelled_in), flush=True)
    choose.check_enough(chosen)
    save_faces(choose.assemble(found, results, chosen, crops, frame))
    write_json(METRICS / 'preprocess.json', counted)


if __name__ == '__main__':
    run_stage('preprocess', main)
