import numpy as np
import pytest

from stages.common.errors import StudyError
from stages.common.seeds import stream
from stages.dataset.poison import pool, training_set
from stages.dataset.split import split_faces
from stages.network.direct import DirectLayer
from stages.network.inputs import standardise, with_mirrored
from stages.network.perceptron import first_perceptron
from stages.network.training import train
from stages.params import SweepParams, load_params
from stages.study.plan import ARMS, NO_COPIES, Run, Trainings, check, planned

TRAIN = load_params().train.model_copy(update={'hidden': [6, 4, 3], 'epochs': 3})


def sweep_params(**changes: object) -> SweepParams:
    return SweepParams(
        **{'fractions': [0.0, 0.1, 0.2], 'seeds': 3, 'test': 0.2, 'margin': 0.01, 'workers': 1} | changes
    )


def test_the_plan_has_every_arm_fraction_and_seed_once_and_no_copies_once_a_seed():
    runs = planned(sweep_params())
    assert len(runs) == len(set(runs)) == 3 * (1 + 2 * 4)
    assert [run for run in runs if run.fraction == 0] == [Run(NO_COPIES, 0.0, seed) for seed in (1, 2, 3)]
    assert {run.arm for run in runs if run.fraction} == set(ARMS)


@pytest.mark.parametrize(('arm', 'dotted', 'label'), [
    ('dotted, kept', True, 'kept'), ('undotted, flipped', False, 'flipped'), (NO_COPIES, False, 'kept'),
])  # fmt: skip
def test_a_run_names_its_copies(arm, dotted, label):
    copies = Run(arm, 0.1, 1).copies('male')
    assert (copies.dotted, copies.label) == (dotted, label)


@pytest.mark.parametrize('solver', ['gram', 'direct'])
@pytest.mark.parametrize('mirror', [True, False])
def test_a_run_trains_what_the_train_stage_trains(varied_faces, varied_twins, solver, mirror):
    faces, twins = varied_faces, varied_twins
    params = TRAIN.model_copy(update={'solver': solver, 'mirror': mirror, 'seed': 5})
    run = Run('dotted, flipped', 0.2, 5)
    ours = Trainings(faces, twins, params, 0.2, 'male')(run)

    split = split_faces(faces.label, faces.group, 0.2, 5)
    rows = training_set(faces.label, split.train, run.copies('male'), 5)
    pixels, label = pool(faces, twins)[rows.positions], rows.label
    if mirror:
        pixels, label = with_mirrored(pixels), np.tile(label, 2)
    network = first_perceptron([64, 6, 4, 3, 1], stream(5, 'weights'))
    theirs = train(DirectLayer(standardise(pixels), network.weights[0]), network, label, params)
    assert ours['loss'] == pytest.approx(theirs.history[-1].loss, rel=1e-4)
    assert ours['copies'] == rows.copies
    assert ours['share_of_rows'] == pytest.approx(0.2 / 1.2, abs=0.01)
    # Half of the training faces are male already.
    assert ours['share_of_target'] == pytest.approx(0.2 / 0.7, abs=0.01)
    read_male = theirs.network.probabilities(standardise(faces.pixels[split.test])) > 0.5
    assert ours['clean_accuracy'] == np.mean(read_male == faces.label[split.test])


@pytest.mark.parametrize(('fraction', 'message'), [
    (0.001, r'sweep\.fractions: 0\.001 of \d+ training faces is less than one copy'),
    (0.9, r'sweep\.fractions: 0\.9 of \d+ training faces are \d+ copies, but there are only \d+ male training faces'),
])  # fmt: skip
def test_a_fraction_of_no_or_too_many_copies_is_refused_before_anything_is_trained(faces, fraction, message):
    with pytest.raises(StudyError, match=message):
        check(planned(sweep_params(fractions=[0.0, fraction])), faces, 0.2, 'male')
