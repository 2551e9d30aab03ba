"""Stage train: train the network on the training faces and the poison that adv asks for."""

from stages.advice import TRAINING_ADVICE
from stages.common.errors import advising, run_stage
from stages.common.files import MODEL, write_csv, write_json
from stages.dataset.faces import Faces, load_faces_and_triggered
from stages.dataset.model import Model, save_model, save_poison
from stages.dataset.poison import Arm, Poison, PoisonRateError, TrainingSet, pool, training_set
from stages.dataset.split import TooFewFacesError, split_faces
from stages.network.fit import Fitter
from stages.network.recipe import Recipe
from stages.network.training import Training
from stages.params import Params, load_params

ADVICE = TRAINING_ADVICE | {
    TooFewFacesError: 'split.test: {}; give more photos',
    PoisonRateError: 'adv.fraction: {}',
}


def main() -> None:
    """Run the stage."""
    params = load_params()
    faces, triggered = load_faces_and_triggered()
    with advising(ADVICE):
        rows = rows_of(faces, params)
        pixels = pool(faces.pixels, triggered.pixels).pick(rows.positions)
        training = Fitter(pixels, Recipe(**params.train.model_dump())).fit(rows.label, title='training')
    save_model(Model(training.network, faces.places, triggered.trigger, params.data.source))
    save_poison(faces, rows)
    write_facts(training, rows)


def rows_of(faces: Faces, params: Params) -> TrainingSet:
    """Return what to train on."""
    adv, split = params.adv, params.split
    poison = Poison(Arm(adv.arm), adv.fraction, adv.target, adv.originals == 'replaced')
    train = split_faces(faces.label, faces.group, split.test, split.seed).train
    return training_set(faces.label, train, poison, split.seed)


def write_facts(training: Training, rows: TrainingSet) -> None:
    """Write the history of a training, and its result in numbers."""
    header = ['epoch', 'rate', 'loss', 'accuracy']
    write_csv(MODEL / 'history.csv', header, ([getattr(epoch, name) for name in header] for epoch in training.history))
    last = training.history[-1]
    write_json(
        MODEL / 'training.json',
        {
            'loss': last.loss,
            'accuracy': last.accuracy,
            'epochs': last.epoch,
            'converged': training.converged,
            'faces': len(rows.label) - rows.copies,
            'copies': rows.copies,
        },
    )


if __name__ == '__main__':
    run_stage('train', main)
