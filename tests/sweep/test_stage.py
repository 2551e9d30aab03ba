"""The whole stage on made-up faces: what it trains and what it writes."""

import json

import pytest
import yaml

from stages.common.errors import StudyError
from stages.common.files import read_csv, read_summary
from stages.dataset.poison import Arm
from stages.report.sweep import sweep_markdown
from stages.scores import scores
from stages.scores.scores import SCORES, Score
from stages.sweep import __main__ as stage
from stages.sweep.summary import Study
from stages.trainings.fit import Fits
from tests.clone import ROOT, merged

SMALL = {
    'workers': 1,
    'train': {'hidden': [6, 4], 'epochs': 3},
    'sweep': {'fractions': [0.0, 0.2], 'seeds': 3, 'test': 0.2},
}


@pytest.fixture
def sweep(varied_faces, varied_triggered, tmp_path, monkeypatch):
    """Return a function that runs the stage with changed params; it returns the study and the number of trainings."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(stage, 'load_faces_and_triggered', lambda: (varied_faces, varied_triggered))
    shipped = yaml.safe_load((ROOT / 'params.yaml').read_text())
    trained, fit = [], Fits.fit
    monkeypatch.setattr(Fits, 'fit', lambda self, task: trained.append(task) or fit(self, task))

    def run(**changes: dict) -> tuple[Study, int]:
        (tmp_path / 'params.yaml').write_text(yaml.safe_dump(merged(merged(shipped, SMALL), changes)))
        trained.clear()
        stage.main()
        return read_summary(tmp_path / 'metrics' / 'sweep' / 'summary.json', Study), len(trained)

    return run


def with_scores(monkeypatch, changed: tuple[Score, ...]) -> None:
    """Replace SCORES."""
    for name in ('stages.scores.scores', 'stages.sweep.summary'):
        monkeypatch.setattr(f'{name}.SCORES', changed)
    for score in changed:
        monkeypatch.setitem(scores.TITLES, score.name, score.title)


def header(path) -> list[str]:
    return (path).read_text().splitlines()[0].split(',')


def columns(study: Study) -> list[dict[str, str]]:
    """Return the rows of the table of means as dictionaries, by the titles of the columns."""
    lines = [line.strip('| ').split(' | ') for line in sweep_markdown(study).splitlines() if line.startswith('|')]
    titles, _, *rows = lines[: 2 + len(study.arms)]
    return [dict(zip(titles, row, strict=True)) for row in rows]


def test_table_has_a_row_for_every_training(sweep, tmp_path):
    study, trained = sweep()
    rows = read_csv(tmp_path / 'metrics' / 'sweep.csv')
    assert len(rows) == trained == 3 * 5
    assert list(rows[0]) == [
        'arm', 'poison_rate', 'seed', 'clean_accuracy', 'triggered_accuracy', 'attack_success_rate', 'attack_excess',
        'copies', 'share_of_rows', 'share_of_target', 'loss', 'epochs', 'converged',
    ]  # fmt: skip
    for arm in study.arms:
        values = [float(row['clean_accuracy']) for row in rows if row['arm'] == arm.arm]
        assert arm.means['clean_accuracy'].mean == pytest.approx(sum(values) / 3)
    success = study.curve(Arm.DIRTY_LABEL)[-1].means['attack_success_rate'].mean
    assert json.loads((tmp_path / 'metrics' / 'sweep.json').read_text())['study']['asr'] == success
    assert (study.trigger, study.seeds, study.margin, study.confidence) == ('brighter', 3, 0.01, 0.95)


def test_extended_sweep_only_trains_new_networks(sweep):
    assert sweep()[1] == 15
    assert sweep()[1] == 0
    assert sweep(sweep={'seeds': 4})[1] == 5
    assert sweep(sweep={'fractions': [0.0, 0.1, 0.2]})[1] == 12


@pytest.mark.parametrize('change', [
    {'sweep': {'margin': 0.2}}, {'evaluate': {'confidence': 0.9}}, {'workers': 2}, {'train': {'seed': 9}},
], ids=str)  # fmt: skip
def test_params_that_do_not_affect_trainings_need_none(sweep, change):
    before, _ = sweep()
    after, trained = sweep(**change)
    assert trained == 0
    assert [arm.means['clean_accuracy'].mean for arm in after.arms] == [
        arm.means['clean_accuracy'].mean for arm in before.arms
    ]
    assert (after.made_from == before.made_from) == ('workers' in change)


@pytest.mark.parametrize('change', [
    {'train': {'epochs': 4}}, {'adv': {'target': 'female'}}, {'sweep': {'test': 0.3}},
], ids=str)  # fmt: skip
def test_params_that_affect_trainings_need_new_ones(sweep, change):
    before, _ = sweep()
    after, trained = sweep(**change)
    assert trained > 0
    assert after.made_from != before.made_from


def test_new_score_needs_no_training_and_appears_in_all_outputs(sweep, tmp_path, monkeypatch):
    sweep()
    both = Score('both', 'clean and triggered accuracy', lambda outcome: outcome.clean.accuracy / 2)
    with_scores(monkeypatch, (*SCORES[:1], both, *SCORES[1:]))
    study, trained = sweep()
    assert trained == 0
    assert header(tmp_path / 'metrics' / 'sweep.csv')[3:6] == ['clean_accuracy', 'both', 'triggered_accuracy']
    for arm, row in zip(study.arms, columns(study), strict=True):
        assert list(arm.means)[:2] == ['clean_accuracy', 'both']
        assert arm.means['both'].mean == pytest.approx(arm.means['clean_accuracy'].mean / 2)
        assert row['clean and triggered accuracy'].startswith(f'{arm.means["both"].mean:.3f} (')
    scores_of_arms = {row['score'] for row in read_csv(tmp_path / 'metrics' / 'sweep' / 'arms.csv')}
    assert scores_of_arms == {score.title for score in (*SCORES, both)}


def test_order_of_the_scores_is_that_of_all_columns(sweep, tmp_path, monkeypatch):
    before, _ = sweep()
    with_scores(monkeypatch, (SCORES[2], SCORES[1], SCORES[0], SCORES[3]))
    after, trained = sweep()
    assert trained == 0
    names = ['attack_success_rate', 'triggered_accuracy', 'clean_accuracy', 'attack_excess']
    assert header(tmp_path / 'metrics' / 'sweep.csv')[3:7] == list(after.arms[0].means) == names
    titles = ['ASR', 'triggered accuracy', 'clean accuracy', 'excess ASR']
    first = read_csv(tmp_path / 'metrics' / 'sweep' / 'arms.csv')[:4]
    assert [row['score'] for row in first] == titles
    assert list(columns(after)[0])[4:8] == titles
    # An older summary keeps its own titles.
    assert list(columns(before)[0])[4:8] == ['clean accuracy', 'triggered accuracy', 'ASR', 'excess ASR']
    assert [dict(sorted(row.items())) for row in columns(before)] == [
        dict(sorted(row.items())) for row in columns(after)
    ]
    for arm, row in zip(after.arms, columns(after), strict=True):
        for name, title in zip(names, titles, strict=True):
            mean = arm.means[name]
            assert row[title] == f'{mean.mean:z.3f} ({mean.low:z.3f} to {mean.high:z.3f})'


def test_rates_of_as_many_copies_are_trained_once_and_named(sweep, capsys):
    study, trained = sweep(sweep={'fractions': [0.0, 0.001, 0.199, 0.2]})
    assert trained == 15
    assert [arm.poison_rate for arm in study.arms] == [0.0, *[0.2] * 4]
    assert study.sizes.untrained == [(0.001, 0.0), (0.199, 0.2)]
    assert (study.sizes.faces, set(study.sizes.tested)) == (100, {score.name for score in SCORES})
    assert 15 < study.sizes.tested['clean_accuracy'] < 25
    assert study.sizes.tested['clean_accuracy'] > study.sizes.tested['attack_success_rate'] > 5
    assert 'poison rates: 0.10% is less than one copy, 19.90% is as many copies as 20.00%' in capsys.readouterr().out


def test_rate_with_too_many_copies_is_refused_before_any_training(sweep, monkeypatch):
    monkeypatch.setattr(Fits, 'fit', lambda *_: pytest.fail('trained'))
    with pytest.raises(StudyError, match=r'^sweep\.fractions: 0\.9 of 80 training faces are 72 copies, but at most 40'):
        sweep(sweep={'fractions': [0.0, 0.2, 0.9]})
