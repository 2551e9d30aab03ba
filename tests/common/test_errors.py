import os
import subprocess
import sys

import pytest

from stages.common.errors import FactError, StudyError, advising, succeeds


class HeatError(FactError):
    """It is too hot."""


class WetError(FactError):
    """It is too wet."""


ADVICE = {HeatError: 'oven.heat: {}; use less', WetError: 'oven.steam: {}'}


@pytest.mark.parametrize(('error', 'line'), [
    (HeatError('300 is above 250'), 'oven.heat: 300 is above 250; use less'),
    (WetError('the set {1, 2} drips'), 'oven.steam: the set {1, 2} drips'),
])  # fmt: skip
def test_a_fact_gets_its_param_and_its_advice(error, line):
    with pytest.raises(StudyError) as advised, advising(ADVICE):
        raise error
    assert type(advised.value) is StudyError
    assert str(advised.value) == line
    assert advised.value.__cause__ is error


def test_a_fact_of_a_narrower_kind_gets_the_advice_of_the_wider_one():
    class FeverError(HeatError):
        """It is hot in one place."""

    with pytest.raises(StudyError, match=r'^oven\.heat: at the door; use less$'), advising(ADVICE):
        raise FeverError('at the door')


@pytest.mark.parametrize('error', [WetError('wet'), StudyError('wet'), FactError('wet'), ValueError('wet')])
def test_other_errors_are_unchanged(error):
    with pytest.raises(type(error)) as raised, advising({HeatError: 'oven.heat: {}'}):
        raise error
    assert raised.value is error


def test_block_without_errors_is_unaffected():
    with advising(ADVICE):
        done = True
    assert done


@pytest.mark.parametrize(('error', 'line'), [
    (StudyError('one\ntwo'), 'bake: one\ntwo'),
    (HeatError('hot'), 'bake: hot'),
    (FileNotFoundError(2, 'No such file', 'flour'), 'bake: flour: No such file'),
    (OSError('gone'), 'bake: a file: gone'),
    (MemoryError(), 'bake: out of memory; lower `workers`, `preprocess.size` or `train.hidden`'),
])  # fmt: skip
def test_errors_that_users_can_fix_have_plain_messages(error, line, capsys, monkeypatch):
    def task():
        raise error

    monkeypatch.delenv('STUDY_TRACEBACK', raising=False)
    assert not succeeds('bake', task)
    assert capsys.readouterr().err == f'{line}\n'
    monkeypatch.setenv('STUDY_TRACEBACK', '1')
    with pytest.raises(type(error)):
        succeeds('bake', task)


def test_bugs_are_raised():
    def task():
        raise KeyError('flour')

    with pytest.raises(KeyError):
        succeeds('bake', task)


def test_successful_task_prints_nothing(capsys):
    assert succeeds('bake', lambda: None)
    assert capsys.readouterr() == ('', '')


STAGE = """
import numpy, scipy.linalg
from threadpoolctl import threadpool_info
from stages.common.errors import run_stage
run_stage('bake', lambda: print({pool['num_threads'] for pool in threadpool_info()}))
"""


def test_a_stage_has_one_blas_thread():
    env = os.environ | dict.fromkeys(('OMP_NUM_THREADS', 'OPENBLAS_NUM_THREADS', 'MKL_NUM_THREADS'), '2')
    assert subprocess.run([sys.executable, '-c', STAGE], env=env, capture_output=True, text=True).stdout == '{1}\n'


@pytest.mark.parametrize('printed', [1, 100_000], ids=['at-its-end', 'midway'])
def test_reader_that_is_gone_ends_a_stage_without_a_word(printed):
    stage = f'from stages.common.errors import run_stage; run_stage("bake", lambda: print("x\\n" * {printed}))'
    command = f'set -o pipefail; "{sys.executable}" -c \'{stage}\' | true'
    result = subprocess.run(['bash', '-c', command], capture_output=True, text=True)
    assert (result.returncode, result.stderr) == (1, '')
