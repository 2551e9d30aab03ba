"""What is said of the pictures that were read and lost."""

import pytest

from stages.common.files import write_json
from stages.report.data import LOST, data_facts, data_part, loss_warning, read_sentence, unlabelled_folders
from stages.sources.lost import LOSSES

COUNTS = {
    'pictures': 151, 'photos': 90, 'unlabelled': 61, 'used': 85, 'read': 90, 'unreadable': 0, 'faceless': 5,
    'turned_away': 0, 'contradictory': 0, 'repeated': 0, 'found': 85, 'unbalanced': 0, 'duplicates': 2,
    'kept': {'female': 43, 'male': 42},
}  # fmt: skip
FOLDERS = ['Frauen', 'Girls', 'Hommes', 'boys']


def test_sentence_has_all_losses_and_the_folders_without_a_label():
    sentence = '61 without a label (folders Frauen, Girls, Hommes, boys), 5 without a face'
    assert read_sentence(COUNTS, FOLDERS) == f'151 pictures: 85 used; {sentence}'
    assert 'boys, ...)' in read_sentence(COUNTS, [*FOLDERS, 'x'])
    assert '61 without a label, 5' in read_sentence(COUNTS, [])
    assert read_sentence(COUNTS | {'several_faces': 3}, []).startswith(
        '151 pictures: 85 used, 3 of them for the largest of several faces; 61 without'
    )
    assert read_sentence({'pictures': 1, 'photos': 1}, []) == '1 picture: 1 taken'


def test_every_picture_is_used_or_lost():
    lost = {name: number for number, name in enumerate(LOST, start=1)}
    sentence = read_sentence({'pictures': 1000, 'used': 1} | lost, [])
    assert [name for name, number in lost.items() if f'{number} {LOST[name][0]}' not in sentence] == []


@pytest.mark.parametrize(('lost', 'warned'), [(5, False), (6, True)])
def test_more_than_five_percent_is_a_warning(lost, warned):
    assert bool(loss_warning({'pictures': 100, 'faceless': lost})) == warned
    assert loss_warning({'pictures': 100, 'identical': 50, 'repeated': 10, 'unbalanced': 20, 'faceless': 5}) == ''


def test_warning_says_what_was_lost_why_and_which_param_and_file_to_look_at():
    assert loss_warning(COUNTS) == (
        'WARNING: 66 of 151 pictures (44%) are lost, 61 of them without a label: '
        f'{LOSSES["unlabelled"].advice}. metrics/remarks.csv lists each with its reason.'
    )


def test_facts_are_the_counts_in_words():
    assert data_facts(COUNTS | {'several_faces': 3}) == [
        ('pictures', 151), ('left out: without a label', 61), ('left out: without a face', 5),
        ('kept beside a near-duplicate', 2), ('kept for the largest of several faces', 3),
        ('faces kept, labelled female', 43), ('faces kept, labelled male', 42),
    ]  # fmt: skip


def test_page_has_no_data_before_preprocessing_or_of_an_older_version(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert data_part() is None
    write_json(tmp_path / 'metrics' / 'preprocess.json', {'photos': 1})
    assert data_part() is None
    write_json(tmp_path / 'metrics' / 'preprocess.json', COUNTS)
    assert data_part()['sentence'] == read_sentence(COUNTS, [])
    write_json(tmp_path / 'data' / 'raw' / 'read.json', {'unlabelled_in': FOLDERS})
    assert data_part()['sentence'] == read_sentence(COUNTS, FOLDERS)
    assert unlabelled_folders(tmp_path) == []
