"""Stage replicate: train by the published procedure, as it was and with its unfair rule mended."""

from functools import partial
from itertools import product

from stages.common.errors import run_stage
from stages.common.files import write_json, write_text
from stages.common.parallel import each
from stages.params import load_params
from stages.study.data import METRICS, load_faces_and_twins
from stages.study.replication.figure import draw
from stages.study.replication.published import PUBLISHED, material, replicate
from stages.study.replication.summary import markdown, summary


def main() -> None:
    """Replicate."""
    params = load_params()
    faces, twins = load_faces_and_twins()
    task = partial(replicate, material(faces, twins), faces.label, params.train.hidden, params.replicate)
    jobs = list(product(range(1, params.replicate.seeds + 1), PUBLISHED))
    replicas = list(each(task, jobs, params.workers, 'replicating'))
    table = [replicas[start : start + len(PUBLISHED)] for start in range(0, len(jobs), len(PUBLISHED))]
    content = summary(table, len(faces.label))
    write_json(METRICS / 'replicate.json', content)
    write_text(METRICS / 'replicate.md', markdown(content))
    draw(content['rows'], table, METRICS / 'replicate.png')
    print(markdown(content), end='')


if __name__ == '__main__':
    run_stage('replicate', main)
