"""Stage download: put labelled photos of one source into data/raw."""

from stages.common.errors import StudyError, advising, run_stage
from stages.common.files import METRICS, RAW, read_json
from stages.common.outdated import remove_other_report, remove_report
from stages.common.params import DataParams, StageParams, load_params
from stages.report.data import data_lines
from stages.sources.lost import NoPhotoError
from stages.sources.source import chosen_source
from stages.sources.store import store


class Params(StageParams):
    """What this stage reads of params.yaml."""

    data: DataParams


def main() -> None:
    """Run the stage."""
    params = load_params(Params)
    remove_other_report()
    source = chosen_source(params.data.model_dump())
    try:
        with advising({NoPhotoError: f'data.{params.data.source}: {{}}'}):
            store(source.photos(params.workers), RAW, METRICS / 'remarks.csv')
    except StudyError:
        remove_report()  # also if it is of what this very folder held before
        raise
    read = read_json(RAW / 'read.json')
    print(data_lines(read, read['unlabelled_in']))


if __name__ == '__main__':
    run_stage('download', main)
