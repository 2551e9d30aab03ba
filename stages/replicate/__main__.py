"""Stage replicate: train by the published procedure, as it was and with the same stopping rule for every row."""

from functools import partial
from itertools import product

from stages.common.errors import advising, run_stage
from stages.common.files import METRICS, write_csv, write_json, write_summary
from stages.common.outdated import keep_current_metrics, remove_other_report
from stages.common.params import StageParams, load_params
from stages.dataset.faces import Faces, fingerprint, load_faces_and_triggered
from stages.network.errors import DivergenceError, GramSizeError, check_size
from stages.network.recipe import TRAINING_ADVICE, Recipe
from stages.replicate.published import PUBLISHED, ReplicateParams, Replication, published_split
from stages.replicate.summary import metrics, replica, summarise_replicas, trainings_table
from stages.report.replicate import replication_sentence
from stages.trainings.store import finished

ADVICE = TRAINING_ADVICE | {
    DivergenceError: 'replicate.learning_rate: {}; use a lower rate',
    GramSizeError: '{}; give fewer photos, or run the other stages without this one',
}


class Params(StageParams):
    """What this stage reads of params.yaml."""

    train: Recipe
    replicate: ReplicateParams


def made_from(params: Params, faces: Faces, trigger: dict) -> str:
    """Return the fingerprint of what decides the results."""
    return fingerprint(faces, trigger, params.replicate, params.train.hidden)


def main() -> None:
    """Run the stage."""
    params = load_params(Params)
    remove_other_report()
    procedure, hidden = params.replicate, params.train.hidden
    faces, triggered = load_faces_and_triggered()
    jobs = list(product(range(1, procedure.seeds + 1), PUBLISHED))
    with advising(ADVICE):
        check_size([faces.pixels[:1].size, *hidden, 1])
        # How many seeds there are decides nothing about each.
        alike = procedure.model_copy(update={'seeds': 1})
        build = partial(Replication, faces.pixels, triggered.pixels, faces.label, hidden, alike)
        records = finished(build, jobs, params.workers, 'replications')
    replicas = [
        replica(published_split(faces.label, row, procedure.test, seed), record, procedure.loss_target)
        for (seed, row), record in zip(jobs, records, strict=True)
    ]
    table = [replicas[start : start + len(PUBLISHED)] for start in range(0, len(jobs), len(PUBLISHED))]
    count, made = len(faces.label), made_from(params, faces, triggered.trigger)
    summary = summarise_replicas(table, count, int(procedure.test * count), made)
    write_json(METRICS / 'replicate.json', metrics(summary))
    write_csv(METRICS / 'replicate.csv', *trainings_table(table))
    write_summary(METRICS / 'replicate' / 'summary.json', summary)
    keep_current_metrics('replicate')
    print(replication_sentence(summary))


if __name__ == '__main__':
    run_stage('replicate', main)
