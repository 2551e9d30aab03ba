"""Errors in the rooms are plain facts; the stages add the name of the param and advice."""

import shutil

import numpy as np
import pytest

from stages import train
from stages.audit import __main__ as audit
from stages.clean.effect import UnlearntError
from stages.common.errors import FactError, StudyError, advising
from stages.dataset.poison import CoverError, PoisonRateError
from stages.dataset.split import TooFewFacesError
from stages.detect import __main__ as detect
from stages.detectors.evidence import TooManyRowsError
from stages.network.errors import DecayError, DivergenceError, LabelError, PixelError, SizeError
from stages.network.fit import Fitter
from stages.replicate import __main__ as replicate
from stages.sources.lost import NoPhotoError
from stages.sweep import __main__ as sweep
from stages.sweep.comparison import TooFewSeedsError
from stages.trainings.plan import Run
from tests.clone import ROOT
from tests.network.recipes import recipe

LINES = {
    SizeError: 'train.hidden: {}; use fewer units, or a smaller preprocess.size',
    DivergenceError: 'train.learning_rate: {}; use a lower rate',
    DecayError: 'train.weight_decay: {}; use a lower one',
    LabelError: '{} (0 is female, 1 male); give more photos',
    PixelError: '{}; run `dvc repro --force preprocess` to regenerate the faces',
}


@pytest.fixture(autouse=True)
def shipped_params(tmp_path, monkeypatch):
    """A folder with nothing but the shipped params and decisions, in which stages may write and remove."""
    (tmp_path / 'data').mkdir()
    for name in ('params.yaml', 'data/decisions.csv'):
        shutil.copy(ROOT / name, tmp_path / name)
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize('fact', [*LINES, TooFewFacesError, PoisonRateError])
@pytest.mark.parametrize(('stage', 'split', 'rate'), [
    (train, 'split.test: {}; give more photos', 'adv.fraction: {}'),
    (sweep, 'sweep.test: {}; give more photos', 'sweep.fractions: {}'),
    (detect, 'detect.test: {}; give more photos', 'detect.fractions: {}'),
])  # fmt: skip
def test_fact_becomes_a_line_with_the_param_of_the_stage(stage, split, rate, fact):
    lines = LINES | {TooFewFacesError: split, PoisonRateError: rate}
    with pytest.raises(StudyError) as error, advising(stage.ADVICE):
        raise fact('a fact of {7}')
    assert not isinstance(error.value, FactError)
    assert str(error.value) == lines[fact].format('a fact of {7}')


def all_facts(fact: type[FactError] = FactError) -> set[type[FactError]]:
    return {fact}.union(*map(all_facts, fact.__subclasses__()))


def test_stages_that_train_have_advice_for_every_fact():
    of_the_rooms = {fact for fact in all_facts() if fact.__module__.startswith('stages.')}
    of_the_rooms -= {FactError, NoPhotoError, TooFewSeedsError, UnlearntError}  # which are of no training
    assert set(detect.ADVICE) == of_the_rooms
    assert set(train.ADVICE) == set(sweep.ADVICE) == of_the_rooms - {TooManyRowsError}
    assert set(audit.ADVICE) == of_the_rooms - {TooFewFacesError, PoisonRateError, CoverError}


def fit(**changes: object) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (6, 8, 8), np.uint8).astype(changes.pop('dtype', np.uint8))
    if pixels.dtype == np.float32:
        pixels[4, 3, 2] = np.nan
    label = np.array(changes.pop('label', [0, 1] * 3))
    how = recipe(**{'hidden': [6, 4], 'epochs': 30, 'mirror': False} | changes)
    Fitter(pixels, how).fit(label)


@pytest.mark.parametrize('solver', ['direct', 'gram'])
@pytest.mark.parametrize(('changes', 'line'), [
    ({'learning_rate': 1e38}, r'train\.learning_rate: the loss became infinite in epoch \d+ at a rate of [\d.]+e\+37; '
     'use a lower rate'),
    ({'learning_rate': 1e45, 'epochs': 1, 'weight_decay': 0.0}, r'train\.learning_rate: the weights became infinite at '
     r'a rate of 1e\+45; use a lower rate'),
    ({'weight_decay': 20.0, 'learning_rate': 0.1}, r'train\.weight_decay: 20 times the learning rate 0\.1 must be '
     'below 1, or a step would flip the sign of the weights; use a lower one'),
    ({'label': [0] * 6}, r'none of the 6 rows has the label 1 \(0 is female, 1 male\); give more photos'),
    ({'label': [0, 1, 2] * 2}, r'a row has the label 2, which is neither 0 nor 1 \(0 is female, 1 male\); give more '
     'photos'),
    ({'hidden': [10**12]}, r'train\.hidden: a network of 64-1000000000000-1 units takes 520000 GB, there are '
     r'\d+ GB; use fewer units, or a smaller preprocess\.size'),
    ({'dtype': np.float32}, 'face 4 holds pixels that are not finite numbers; run `dvc repro --force preprocess` to '
     'regenerate the faces'),
])  # fmt: skip
@pytest.mark.filterwarnings('ignore::RuntimeWarning')
def test_errors_of_training_name_their_param(solver, changes, line):
    with pytest.raises(StudyError, match=f'^{line}$'), advising(train.ADVICE):
        fit(solver=solver, **changes)


@pytest.mark.parametrize(('stage', 'step', 'param'), [
    (train, 'training_set', 'train.learning_rate'),
    (train, 'Fitter', 'train.learning_rate'),
    (sweep, 'pool', 'train.learning_rate'),
    (sweep, 'finished', 'train.learning_rate'),
    (detect, 'finished', 'train.learning_rate'),
    (replicate, 'finished', 'replicate.learning_rate'),
])  # fmt: skip
def test_stage_gives_its_advice_while_it_trains(stage, step, param, varied_faces, varied_triggered, monkeypatch):
    def fail(*_: object, **__: object) -> None:
        raise DivergenceError('the loss became infinite')

    monkeypatch.setattr(stage, 'load_faces_and_triggered', lambda: (varied_faces, varied_triggered))
    monkeypatch.setattr(stage, step, fail)
    with pytest.raises(StudyError, match=rf'^{param}: the loss became infinite; use a lower rate$'):
        stage.main()


@pytest.mark.parametrize(('stage', 'count', 'advice'), [
    (detect, 50, 'give fewer photos, or raise detect.test'), (audit, 100, 'give fewer photos')
], ids=['detect', 'audit'])  # fmt: skip
def test_too_many_faces_to_compare_are_refused_before_any_training(
    stage, count, advice, varied_faces, varied_triggered, monkeypatch, tmp_path
):
    monkeypatch.setattr(audit, 'load_all_faces', lambda: varied_faces)
    monkeypatch.setattr(audit, 'labelled_photos', list)
    monkeypatch.setattr(detect, 'load_faces_and_triggered', lambda: (varied_faces, varied_triggered))
    monkeypatch.setattr(detect, 'planned_cases', lambda rates, seeds: [Run(None, 0.0, 'kept', 1)])
    monkeypatch.setattr('stages.trainings.store.TRAININGS', tmp_path)
    monkeypatch.setattr(Fitter, 'fit', lambda *_: pytest.fail('trained'))
    monkeypatch.setattr('stages.detectors.evidence.memory', lambda: 10_000)
    line = rf'comparing {count} faces with each other takes 0 MB, there are 0 MB; {advice}'
    with pytest.raises(StudyError, match=f'^{line}$'):
        stage.main()
