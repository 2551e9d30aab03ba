"""Stage train: train the network on the training faces and the poison that adv describes."""

from stages.common.errors import advising, run_stage
from stages.common.files import MODEL, write_csv, write_json
from stages.common.outdated import remove_other_report
from stages.common.params import DataParams, StageParams, load_params
from stages.dataset.faces import load_faces_and_triggered
from stages.dataset.model import Model, save_model, save_poison, save_rows
from stages.dataset.poison import AdvParams, CoverError, PoisonRateError, pool, training_set
from stages.dataset.split import SplitParams, TooFewFacesError, split_faces
from stages.network.fit import Fitter
from stages.network.recipe import TRAINING_ADVICE, Recipe

ADVICE = TRAINING_ADVICE | {
    TooFewFacesError: 'split.test: {}; give more photos',
    PoisonRateError: 'adv.fraction: {}',
    CoverError: 'adv.cover: {}',
}


class Params(StageParams):
    """What this stage reads of params.yaml."""

    data: DataParams
    adv: AdvParams
    split: SplitParams
    train: Recipe


def main() -> None:
    """Run the stage."""
    params = load_params(Params)
    remove_other_report()
    faces, triggered = load_faces_and_triggered()
    with advising(ADVICE):
        train = split_faces(faces.label, faces.group, params.split.test, params.split.seed).train
        rows = training_set(faces.label, train, params.adv, params.split.seed)
        pixels = pool(faces.pixels, triggered.pixels).pick(rows.positions)
        training = Fitter(pixels, params.train).fit(rows.label, title='training')
    model = Model(training.network, faces.places, triggered.trigger, params.data.source)
    save_model(model)
    save_poison(faces, rows)
    save_rows(model, faces, triggered, rows, params.train)
    header = ['epoch', 'rate', 'loss', 'accuracy']
    write_csv(MODEL / 'history.csv', header, ([getattr(epoch, name) for name in header] for epoch in training.history))
    last = training.history[-1]
    facts = {'loss': last.loss, 'accuracy': last.accuracy, 'epochs': last.epoch, 'converged': training.converged}
    facts |= {'faces': len(rows.label) - rows.copies, 'copies': rows.copies}
    write_json(MODEL / 'training.json', facts)


if __name__ == '__main__':
    run_stage('train', main)
