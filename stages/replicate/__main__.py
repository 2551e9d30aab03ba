"""Stage replicate: train by the published procedure, as it was and with the same stopping rule for every row."""

from functools import partial
from itertools import product

from stages.advice import TRAINING_ADVICE
from stages.cluster.parallel import each_made
from stages.common.errors import advising, run_stage
from stages.common.files import METRICS, write_json, write_text
from stages.dataset.faces import load_faces_and_triggered
from stages.network.errors import DivergenceError, GramSizeError, check_size
from stages.params import load_params
from stages.replicate.published import PUBLISHED, Procedure, replication
from stages.replicate.summary import markdown, metrics, summary, write_trainings
from stages.report.replicate_figure import draw

ADVICE = TRAINING_ADVICE | {
    DivergenceError: 'replicate.learning_rate: {}; use a lower rate',
    GramSizeError: '{}; give fewer photos, or run the other stages without this one',
}


def main() -> None:
    """Run the stage."""
    params = load_params()
    faces, triggered = load_faces_and_triggered()
    procedure = Procedure(**params.replicate.model_dump(exclude={'seeds'}))
    make = partial(replication, faces, triggered, params.train.hidden, procedure)
    jobs = list(product(range(1, params.replicate.seeds + 1), PUBLISHED))
    with advising(ADVICE):
        check_size([faces.pixels[0].size, *params.train.hidden, 1])
        replicas = list(each_made(make, jobs, params.workers, 'replicating'))
    table = [replicas[start : start + len(PUBLISHED)] for start in range(0, len(jobs), len(PUBLISHED))]
    content = summary(table, len(faces.label))
    write_json(METRICS / 'replicate.json', metrics(content))
    write_trainings(table, METRICS / 'replicate.csv')
    write_text(METRICS / 'replicate.md', markdown(content))
    draw(content['rows'], table, METRICS / 'replicate.png')
    print(markdown(content), end='')


if __name__ == '__main__':
    run_stage('replicate', main)
