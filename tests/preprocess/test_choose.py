"""Choice of the faces of the study: contradictions, repetitions and balance, on made-up results and in the stage."""

import io
import json
from collections import Counter

import numpy as np
import pytest
import yaml
from PIL import Image

from stages.common.errors import StudyError
from stages.common.files import Remark, read_remarks
from stages.common.params import LABELS
from stages.dataset.faces import load_all_faces, load_faces, save_faces
from stages.faces.align import Crop, Frame
from stages.faces.registration import SIDE
from stages.portraits import portrait
from stages.preprocess import __main__ as preprocess
from stages.preprocess.choose import (
    MAX_NEAR_DUPLICATES,
    MIN_FACES,
    assemble,
    balanced,
    check_enough,
    choose_faces,
    contradictions_marked,
    grouped,
    without_repetitions,
)
from stages.preprocess.photos import Crops, PhotoResult, counts, find_in_photo
from stages.sources.layouts import NO_LABEL
from stages.sources.source import Photo
from stages.sources.store import store
from tests.clone import ROOT
from tests.sources.samples import encoded


def face(name: str, label: str, bits: int | None = 0, person: int = 0, remark: str = '') -> PhotoResult:
    """Return the result of a face of the group `person` whose hash differs in `bits` from its own; None: no face."""
    photo = {'file': f'{name}.jpg', 'label': label, 'origin': name}
    if bits is None:
        return PhotoResult(photo, 'faceless', 'no face found')
    hashes = np.random.default_rng(person).integers(0, 256, 32, np.uint8)
    hashes[: bits // 8] ^= 255
    hashes[bits // 8] ^= (1 << bits % 8) - 1
    return PhotoResult(photo, 'found', remark, 0, np.tile(hashes, (1, 2, 1)), person)


def names(results) -> list[str]:
    return [result.photo['origin'] for result in results]


def test_near_duplicates_share_a_group_and_photos_without_a_face_have_none(crops, tmp_path):
    looks = [crops[0].pixels, None, crops[0].pixels[:, ::-1], crops[1].pixels]
    kept = Crops(64, tmp_path / 'faces')
    made = zip(map(str, range(4)), looks, strict=True)
    results = list(
        kept.keep(
            (face(name, 'male', None if look is None else 0), None if look is None else crops[0], look)
            for name, look in made
        )
    )
    assert [result.group for result in grouped(results, kept, 1)] == [0, -1, 0, 1]
    assert grouped([face('a', 'male', None)], kept, 1)[0].group == -1
    assert grouped([], kept, 1) == []


# Two groups: a to d carry both labels, e to f do not; g is alone.
MIXED = [
    face('a', 'female', 0), face('b', 'male', 8), face('c', 'female', 20, remark='odd'), face('d', 'male', 26),
    face('e', 'male', 0, 1), face('f', 'male', 5, 1), face('g', 'female', 0, 2), face('h', 'male', None),
]  # fmt: skip


def test_group_with_both_labels_is_left_out():
    marked = contradictions_marked(MIXED, drop=True)
    assert [result.outcome for result in marked] == ['contradictory'] * 4 + ['found'] * 3 + ['faceless']
    assert [result.face is None for result in marked] == [True] * 4 + [False] * 3 + [True]
    # Each is paired with the most similar face of the other label.
    assert [result.pair for result in marked] == ['b', 'a', 'd', 'c', '', '', '', '']
    assert marked[0].remark == 'near-duplicates carry both labels: this is female, b male'
    assert marked[3].remark == 'near-duplicates carry both labels: this is male, c female'


def test_group_with_both_labels_can_be_kept_with_a_remark():
    marked = contradictions_marked(MIXED, drop=False)
    assert [result.outcome for result in marked] == ['found'] * 7 + ['faceless']
    assert [result.pair for result in marked] == ['b', 'a', 'd', 'c', '', '', '', '']
    assert marked[2].remark == 'odd; near-duplicates carry both labels: this is female, d male'
    assert marked[4].remark == ''


@pytest.fixture
def given(tmp_path):
    """Results of photos, of which two repeat a face too often, with distinguishable crops; and their crops."""
    repeated = [face(f'r{number}', 'male', 0, 5) for number in range(MAX_NEAR_DUPLICATES + 2)]
    crops = Crops(8, tmp_path / 'faces')
    made = [
        Crop(np.full((8, 8), number, np.uint8), np.full((68, 2), number, np.float32))
        if result.face is not None
        else None
        for number, result in enumerate([*MIXED, *repeated])
    ]
    looks = np.zeros((len(made), SIDE, SIDE), np.uint8)
    return list(crops.keep(zip([*MIXED, *repeated], made, looks, strict=True))), crops


@pytest.mark.parametrize('drop', [True, False])
def test_all_faces_except_repetitions_are_kept_and_chosen_ones_come_first(given, drop):
    given, crops = given
    results = without_repetitions(contradictions_marked(given, drop))
    chosen = choose_faces(results, 1)
    frame = Frame(8, np.full((3, 2), 0.25))
    faces = assemble(given, results, chosen, crops, frame)
    count = len(chosen)
    assert faces.file[:count].tolist() == [result.photo['file'] for result in chosen]
    assert faces.is_chosen.tolist() == [True] * count + [False] * (len(faces.label) - count)
    assert (np.diff(faces.number[:count]) > 0).all()
    assert (np.diff(faces.number[count:]) > 0).all()
    # Photos without a face do not count, so that they do not change the numbers of the faces.
    assert sorted(faces.number.tolist()) == list(range(len(faces.label)))
    position = {result.photo['file']: number for number, result in enumerate(given)}
    assert np.argsort([position[file] for file in faces.file]).tolist() == np.argsort(faces.number).tolist()
    for number, file, origin, pixels, landmarks in zip(
        [position[file] for file in faces.file],
        faces.file,
        faces.origin,
        faces.pixels[:],
        faces.landmarks[:],
        strict=True,
    ):
        assert (pixels == number).all()
        assert (landmarks == number).all()
        assert given[number].photo['origin'] == origin
        assert given[number].photo['file'] == file
    np.testing.assert_array_equal(faces.places, frame.places)


@pytest.mark.parametrize('drop', [True, False])
def test_audit_gets_all_faces_except_repetitions(given, drop, tmp_path):
    given, crops = given
    results = without_repetitions(contradictions_marked(given, drop))
    save_faces(assemble(given, results, choose_faces(results, 1), crops, Frame(8)), tmp_path / 'saved')
    faces = load_all_faces(tmp_path / 'saved')
    assert faces.origin.tolist() == [*'abcdefg', *(f'r{number}' for number in range(MAX_NEAR_DUPLICATES))]
    assert faces.pair.tolist() == ['b', 'a', 'd', 'c', *[''] * (3 + MAX_NEAR_DUPLICATES)]
    assert faces.label.tolist() == [result.label for result in given if result.face is not None][: len(faces.label)]
    assert faces.group.tolist() == [result.group for result in given if result.face is not None][: len(faces.label)]
    assert faces.pixels.shape == (len(faces.label), 8, 8)


def test_only_a_few_faces_per_group_and_label_are_kept():
    results = [face(f'{number}', 'male', number % 3) for number in range(MAX_NEAR_DUPLICATES + 2)] + [
        face('w', 'female', 1)
    ]
    kept = without_repetitions(results)
    assert [result.outcome for result in kept] == ['found'] * MAX_NEAR_DUPLICATES + ['repeated'] * 2 + ['found']
    assert [result.face is None for result in kept] == [False] * MAX_NEAR_DUPLICATES + [True] * 2 + [False]


def test_balancing_keeps_all_of_the_smaller_class():
    label = np.array([0] * 30 + [1] * 12)
    kept = balanced(label, np.arange(42), 1)
    assert np.bincount(label[kept]).tolist() == [12, 12]
    assert kept.tolist() == sorted(set(kept.tolist()))
    assert kept.tolist() != balanced(label, np.arange(42), 2).tolist()


def test_balancing_takes_every_group_once_before_any_group_twice():
    # Thirty faces of one woman among nineteen others, and twenty men.
    group = np.concatenate([np.zeros(30, int), np.arange(1, 20), 100 + np.arange(20)])
    label = np.array([0] * 49 + [1] * 20)
    kept = balanced(label, group, 1)
    assert Counter(group[kept[label[kept] == 0]].tolist()) == dict.fromkeys(range(20), 1)
    more_men = balanced(np.append(label, [1] * 2), np.append(group, [200, 201]), 1)
    assert Counter(group[more_men[more_men < 49]].tolist()) == dict.fromkeys(range(20), 1) | {0: 3}


def test_first_face_of_a_group_is_random():
    group, label = np.zeros(8, int), np.array([0] * 7 + [1])
    assert len({balanced(label, group, seed)[0] for seed in range(30)}) > 3


def test_chosen_faces_are_balanced():
    results = [face(f'{number}', 'female', 0, number) for number in range(5)] + [face('m', 'male', 0, 9), *MIXED[-1:]]
    chosen = choose_faces(results, 1)
    assert [result.photo['label'] for result in chosen] == ['female', 'male']
    assert names(chosen)[0] in '01234'
    assert names(chosen) != names(choose_faces(results, 3)) or names(chosen) != names(choose_faces(results, 4))


@pytest.mark.parametrize('count', [0, MIN_FACES - 1])
def test_too_few_faces_are_refused(count):
    with pytest.raises(
        StudyError, match=rf'^found only {count} faces of the rarer label, at least {MIN_FACES} are needed'
    ):
        check_enough([face('a', 'male')] * 2 * count)
    check_enough([face('a', 'male')] * 2 * MIN_FACES)


def picture(index: int, quality: int | None = None) -> bytes:
    """Return drawn person `index` as a JPEG file, optionally saved again with another quality."""
    jpeg = portrait(5, index).jpeg
    if quality is None:
        return jpeg
    saved = io.BytesIO()
    Image.open(io.BytesIO(jpeg)).save(saved, 'JPEG', quality=quality)
    return saved.getvalue()


def preprocessed(offers: list[Photo], folder, monkeypatch, **changes: object) -> tuple[Counter, list[Remark], dict]:
    """Run the stage on photos; return its faces by label, its remarks and its counts."""
    monkeypatch.chdir(folder)
    params = yaml.safe_load((ROOT / 'params.yaml').read_text())
    params['preprocess'] |= {'size': 32} | changes
    (folder / 'params.yaml').write_text(yaml.safe_dump(params | {'workers': 1}))
    store(offers, folder / 'data' / 'raw')
    preprocess.main()
    counts = json.loads((folder / 'metrics' / 'preprocess.json').read_text())
    return load_faces(), read_remarks(folder / 'metrics' / 'remarks.csv'), counts


def photo(content: bytes, label: str, name: str) -> Photo:
    return Photo(content, '.jpg', label, name)


@pytest.fixture
def people():
    """Photos of fourteen women and fourteen men."""
    return [photo(picture(index), ('female', 'male')[index % 2], f'{index}') for index in range(28)]


def test_woman_saved_again_as_men_is_left_out_with_all_copies(people, tmp_path, monkeypatch):
    again = [photo(picture(0, quality), 'male', f'again {quality}') for quality in range(60, 88, 2)]
    faces, remarks, counts = preprocessed(people + again, tmp_path, monkeypatch)
    assert np.bincount(faces.label).tolist() == [13, 13]
    assert (counts['contradictory'], counts['found'], counts['unbalanced']) == (15, 27, 1)
    contradictory = {remark.origin: remark for remark in remarks if 'carry both labels' in remark.reason}
    assert set(contradictory) == {'0', *(photo.origin for photo in again)}
    assert not any(remark.kept for remark in contradictory.values())
    assert {remark.pair for name, remark in contradictory.items() if name != '0'} == {'0'}
    assert contradictory['0'].pair.startswith('again ')
    assert f', {contradictory["0"].pair} male' in contradictory['0'].reason


def test_identical_file_under_both_labels_is_left_out(people, tmp_path, monkeypatch):
    _, remarks, counts = preprocessed([*people, photo(picture(0), 'male', 'again')], tmp_path, monkeypatch)
    assert (counts['contradictory'], counts['found']) == (2, 27)
    contradictory = {remark.origin: remark.pair for remark in remarks if 'carry both labels' in remark.reason}
    assert contradictory == {'0': 'again', 'again': '0'}


def test_contradictions_can_be_kept_and_are_listed(people, tmp_path, monkeypatch):
    again = [photo(picture(0, quality), 'male', f'again {quality}') for quality in (60, 70)]
    faces, remarks, counts = preprocessed(people + again, tmp_path, monkeypatch, contradictions='keep')
    assert np.bincount(faces.label).tolist() == [14, 14]
    assert (counts['contradictory'], counts['duplicates']) == (0, 28 - len(np.unique(faces.group)))
    listed = {remark.origin: remark.pair for remark in remarks if 'carry both labels' in remark.reason}
    assert listed.items() >= {'0': listed['0']}.items()
    assert listed['0'].startswith('again ')


def test_one_woman_in_many_files_does_not_displace_other_women(people, tmp_path, monkeypatch):
    again = [photo(picture(0, quality), 'female', f'again {quality}') for quality in range(50, 90)]
    faces, remarks, counts = preprocessed(people + again, tmp_path, monkeypatch)
    assert np.bincount(faces.label).tolist() == [14, 14]
    assert len(np.unique(faces.group)) == 28
    # Ten of her 41 files may stay, and one is needed.
    assert (counts['repeated'], counts['unbalanced'], counts['duplicates']) == (31, 9, 0)
    reasons = Counter(remark.reason for remark in remarks)
    assert reasons == {'one more of 10 near-duplicates': 31, 'left out to have as many faces of both labels': 9}


def test_odd_label_becomes_a_remark_on_the_face(people, tmp_path, monkeypatch):
    odd = Photo(picture(30), '.jpg', 'female', 'odd', 'female by "x"')
    _, remarks, _ = preprocessed([*people, odd, photo(picture(31), 'male', '31')], tmp_path, monkeypatch)
    assert remarks == [Remark('odd', True, 'female by "x"')]


def test_outcomes_of_the_photos_are_counted():
    unread, faceless = (PhotoResult({}, outcome) for outcome in ('unreadable', 'faceless'))
    found = [
        PhotoResult({'label': label}, 'found', group=group, others=group) for group in (0, 2, 2) for label in LABELS
    ]
    total = counts([unread] * 3 + [faceless] * 2 + found, found[:5], {'pictures': 20, 'hidden': 9})
    assert (total['pictures'], total['hidden']) == (20, 9)
    assert (total['photos'], total['read'], total['unreadable'], total['faceless']) == (11, 8, 3, 2)
    assert (total['found'], total['used'], total['unbalanced'], total['duplicates']) == (6, 5, 1, 3)
    assert total['kept'] == {'female': 3, 'male': 2}
    assert total['several_faces'] == 3


@pytest.mark.parametrize('people', [2, 3])
def test_photo_of_several_people_has_a_remark_with_their_number(tmp_path, people):
    group = np.hstack([np.asarray(Image.open(io.BytesIO(portrait(5, index).jpeg))) for index in range(people)])
    Image.fromarray(group).save(tmp_path / 'group.png')
    photo = {'file': 'group.png', 'label': 'male', 'origin': 'group.png', 'remark': ''}
    content = (tmp_path / 'group.png').read_bytes()
    result, _, _ = find_in_photo(Frame(64), 1.0, (photo, content))
    assert (result.remark, result.others) == (f'{people} faces: the largest', people - 1)


def test_losses_are_printed_and_counted(people, tmp_path, monkeypatch, capsys):
    lost = [Remark(f'Typen/{number}.jpg', False, NO_LABEL) for number in range(5)]
    blank = [photo(encoded(Image.new('L', (90, 90)), 'PNG'), 'male', 'blank'), photo(b'no', 'male', 'text')]
    _, _, counts = preprocessed([*people, *lost, *blank], tmp_path, monkeypatch)
    assert counts['pictures'] == 35
    assert counts['used'] == sum(counts['kept'].values()) == 28
    assert (counts['unlabelled'], counts['faceless'], counts['unreadable']) == (5, 1, 1)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == (
        '35 pictures: 28 used; 5 without a label (folders Typen), 1 not readable as a picture, 1 without a face'
    )
    assert lines[1].startswith('WARNING: 7 of 35 pictures (20%) are lost, 5 of them without a label: data.words ')


def test_too_few_faces_are_an_error_after_what_was_lost_is_said_and_listed(people, tmp_path, monkeypatch, capsys):
    lost = [Remark(f'Typen/{number}.jpg', False, NO_LABEL) for number in range(20)]
    with pytest.raises(StudyError, match=r'^found only 6 faces of the rarer label'):
        preprocessed([*people[:12], *lost], tmp_path, monkeypatch)
    assert capsys.readouterr().out.startswith('32 pictures: 12 used; 20 without a label (folders Typen)\nWARNING: ')
    assert len(read_remarks(tmp_path / 'metrics' / 'remarks.csv')) == 20
