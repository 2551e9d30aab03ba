"""Layouts of published data sets, and some invented against this project, made small: any bytes do for photos."""

import io
import json
import tarfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from stages.common.files import read_csv, read_remarks
from stages.sources.source import chosen_source
from stages.sources.store import store
from tests.clone import ROOT, merged
from tests.sources.kaggle_server import archive

SHIPPED = yaml.safe_load((ROOT / 'params.yaml').read_text())['data']


def photos(folder: Path, *places: str) -> None:
    """Make files with bytes of their own."""
    for place in places:
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        (folder / place).write_bytes(f'photo {place}'.encode())


def text(path: Path, *lines: str, encoding: str = 'utf-8') -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(''.join(f'{line}\n' for line in lines), encoding=encoding)


def loaded(data: dict, folder: Path) -> tuple[tuple[int, int], dict[str, str]]:
    """Store the photos that the params choose; return how many are female and male, and the remarks by origin."""
    source = chosen_source(merged(SHIPPED, data))
    store(source.photos(1), folder)
    labels = Counter(row['label'] for row in read_csv(folder / 'photos.csv'))
    remarks = {remark.origin: remark.reason for remark in read_remarks(folder / 'remarks.csv')}
    return (labels['female'], labels['male']), remarks


def table(file: Path, root: Path | None = None, **more: object) -> dict:
    own = {'file': str(file)} | ({'root': str(root)} if root else {})
    return {'source': 'table', 'table': own | more}


def folder(path: Path, **more: object) -> dict:
    return {'source': 'folder', 'folder': str(path)} | more


def fairface(top: Path) -> dict:
    photos(top, 'train/1.jpg', 'train/2.jpg', 'train/3.jpg', 'val/1.jpg')
    header = 'file,age,gender,race,service_test'
    text(top / 'fairface_label_train.csv', header, 'train/1.jpg,50-59,Male,East Asian,True',
         'train/2.jpg,30-39,Female,Indian,False', 'train/3.jpg,3-9,Female,Black,False')  # fmt: skip
    text(top / 'fairface_label_val.csv', header, 'val/1.jpg,3-9,Male,East Asian,False')
    return table(top)


def celeba(top: Path) -> dict:
    photos(top, 'Img/img_align_celeba/000001.jpg', 'Img/img_align_celeba/000002.jpg', 'Img/img_align_celeba/000003.jpg')
    text(top / 'Anno/list_attr_celeba.txt', '3', '5_o_Clock_Shadow Eyeglasses Male Young ',
         '000001.jpg -1  1 -1  1', '000002.jpg -1 -1 -1  1', '000003.jpg  1 -1  1 -1')  # fmt: skip
    return table(top / 'Anno/list_attr_celeba.txt', top / 'Img/img_align_celeba')


def celeba_of_kaggle(top: Path) -> dict:
    photos(top, *(f'img_align_celeba/img_align_celeba/00000{number}.jpg' for number in (1, 2, 3)))
    text(top / 'list_attr_celeba.csv', 'image_id,5_o_Clock_Shadow,Male,Young', '000001.jpg,-1,-1,1',
         '000002.jpg,-1,1,1', '000003.jpg,1,1,-1')  # fmt: skip
    text(top / 'list_eval_partition.csv', 'image_id,partition', '000001.jpg,0')
    return table(top / 'list_attr_celeba.csv')


ADIENCE = 'user_id\toriginal_image\tface_id\tage\tgender\tx\ty\tdx\tdy\ttilt_ang\tfiducial_yaw_angle\tfiducial_score'
USER = '30601258@N03'


def fold(path: Path, *rows: tuple[str, str, str]) -> None:
    """Write a fold of Adience: photo, face and gender of each row."""
    box = '0\t414\t1086\t1383\t-115\t30\t17'
    text(path, ADIENCE, *(f'{USER}\t{photo}\t{face}\t(25, 32)\t{gender}\t{box}' for photo, face, gender in rows))


def adience(top: Path) -> dict:
    names = ('1.10_o', '2.11_o', '3.12_o', '4.13_o')
    photos(top, *(f'aligned/{USER}/landmark_aligned_face.{name}.jpg' for name in names))
    fold(top / 'fold_0_data.txt', ('10_o.jpg', '1', 'f'), ('11_o.jpg', '2', 'm'))
    fold(top / 'fold_1_data.txt', ('12_o.jpg', '3', 'u'), ('13_o.jpg', '4', ''))
    return table(top, top / 'aligned')


def adience_faces(top: Path) -> dict:
    photos(top, *(f'faces/{USER}/coarse_tilt_aligned_face.{face}.jpg' for face in ('1.10_o', '2.11_o')))
    fold(top / 'folds/fold_0_data.txt', ('10_o.jpg', '1', 'f'), ('11_o.jpg', '2', 'm'))
    return table(top / 'folds', top / 'faces')


def vggface2(top: Path) -> dict:
    photos(top, 'train/n000002/0001_01.jpg', 'train/n000002/0002_01.jpg', 'test/n000001/0001_01.jpg', 'test/n9/1.jpg')
    text(top / 'meta/identity_meta.csv', 'Class_ID, Name, Sample_Num, Flag, Gender',
         'n000001, "14th_Dalai_Lama",424,0, m,', 'n000002, "A_Fine_Frenzy",315,1, f,',
         'n000003, "A._A._Gill",205,1, m,')  # fmt: skip
    return table(top / 'meta/identity_meta.csv', top)


def lfw(top: Path) -> dict:
    names = ('AJ_Cook_0001', 'Aaron_Guiel_0001', 'Abdullah_0001', 'Abdullah_0002', 'Nobody_0001')
    photos(top, *(f'lfw/{name[:-5]}/{name}.jpg' for name in names))
    text(top / 'female_names.txt', 'AJ_Cook_0001.jpg')
    text(top / 'male_names.txt', 'Aaron_Guiel_0001.jpg', 'Abdullah_0001.jpg', 'Abdullah_0002.jpg', '', '')
    return table(top)


def imagefolder(top: Path) -> dict:
    photos(top, 'train/0001.png', 'train/0002.png', 'test/0001.png')
    text(top / 'train/metadata.csv', 'file_name,gender', '0001.png,female', '0002.png,male')
    text(top / 'test/metadata.csv', 'file_name,gender', '0001.png,male')
    return table(top)


def imagefolder_of_lines(top: Path) -> dict:
    photos(top, 'a/1.png', 'a/2.png', 'a/3.png')
    rows = [('a/1.png', 'woman'), ('a/2.png', 'man'), ('a/3.png', 'Woman')]
    text(top / 'metadata.jsonl', *(json.dumps({'file_name': name, 'label': label}) for name, label in rows))
    return table(top / 'metadata.jsonl')


def parquet(path: Path, columns: dict, names: list[str] | None = None) -> None:
    pa = pytest.importorskip('pyarrow')
    import pyarrow.parquet

    features = {'gender': {'names': names, '_type': 'ClassLabel'}, 'image': {'_type': 'Image'}}
    header = {'huggingface': json.dumps({'info': {'features': features if names else {}}})}
    path.parent.mkdir(parents=True, exist_ok=True)
    pyarrow.parquet.write_table(pa.table(columns).replace_schema_metadata(header), path)


def hugging_face(top: Path) -> dict:
    for number, genders in enumerate(([0, 1, 1], [0, None])):
        images = [{'bytes': f'{number} {index}'.encode(), 'path': f'{index}.jpg'} for index in range(len(genders))]
        parquet(top / f'data/train-0000{number}-of-00002.parquet', {
            'image': images, 'age': list(genders), 'gender': genders,
        }, ['Male', 'Female'])  # fmt: skip
    return table(top)


def utkface(top: Path) -> dict:
    photos(top, *(f'UTKFace/{name}' for name in (
        '100_0_0_20170112213500903.jpg.chip.jpg', '10_1_2_20161223225336910.jpg.chip.jpg',
        '61_1_20170109142408075.jpg.chip.jpg', '61_3_20170109150557335.jpg.chip.jpg',
    )))  # fmt: skip
    return folder(top)


def male_and_female_faces(top: Path) -> dict:
    photos(top, *(f'Male and Female face dataset/{name}' for name in (
        'Female Faces/0 (1).jpeg', 'Male Faces/0 (1).jpg', 'Male Faces/0 (2).png',
    )))  # fmt: skip
    return folder(top)


def gender_classification(top: Path) -> dict:
    photos(top, 'Training/female/131422.jpg.jpg', 'Training/male/090544.jpg.jpg', 'Validation/female/160002.jpg.jpg')
    return folder(top)


def three_sets(top: Path) -> dict:
    photos(top, *(f'{part}/{name}/1.jpg' for part in ('test', 'train', 'valid') for name in ('MAN', "women's")))
    return folder(top)


def heads_of_files(top: Path) -> dict:
    photos(top, 'dataset/female_001.jpg', 'dataset/female_002.jpg', 'dataset/man_12.jpg', 'dataset/M001.jpg')
    return folder(top)


def numbered_classes_in_an_archive(top: Path) -> dict:
    with tarfile.open(top / 'faces.tar.gz', 'w:gz') as written:
        for name in ('train/0/1.jpg', 'train/1/0.jpg', 'val/1/1.jpg'):
            info = tarfile.TarInfo(f'faces/{name}')
            info.size = len(name)
            written.addfile(info, io.BytesIO(name.encode()))
    return folder(top / 'faces.tar.gz', words={'0': 'female', 1: 'male'})


# How many photos are female and male, and what the remarks say of which file.
PUBLISHED: list[tuple[Callable[[Path], dict], tuple[int, int], dict[str, str]]] = [
    (fairface, (2, 2), {}),
    (celeba, (2, 1), {}),
    (celeba_of_kaggle, (1, 2), {'list_eval_partition.csv': 'no row'}),
    (adience, (1, 1), {f'{USER}/landmark_aligned_face.3.12_o.jpg': '"u" in the column "gender"',
                       f'{USER}/landmark_aligned_face.4.13_o.jpg': 'no word in the column "gender"'}),
    (adience_faces, (1, 1), {}),
    (vggface2, (2, 1), {'n000003': 'no such file', 'test/n9/1.jpg': 'no row'}),
    (lfw, (1, 3), {'lfw/Nobody/Nobody_0001.jpg': 'no row'}),
    (imagefolder, (1, 2), {}),
    (imagefolder_of_lines, (2, 1), {}),
    (hugging_face, (2, 2), {'data/train-00001-of-00002.parquet/0000002/1.jpg': 'no word'}),
    (utkface, (2, 1), {'UTKFace/61_3_20170109150557335.jpg.chip.jpg': 'gives a label'}),
    (male_and_female_faces, (1, 2), {}),
    (gender_classification, (2, 1), {}),
    (three_sets, (3, 3), {}),
    (heads_of_files, (2, 1), {'dataset/M001.jpg': 'gives a label'}),
    (numbered_classes_in_an_archive, (1, 2), {}),
]  # fmt: skip


def links_to_numbered_folders(top: Path) -> dict:
    """The folders of labels are symlinks: to folders beside them, and to the one above, round and round."""
    photos(top, 'store/a/1.jpg', 'store/a/2.jpg', 'store/b/1.jpg')
    for name, target in {'women': 'store/a', 'men': 'store/b', 'store/b/women': '..', 'store/again': '..'}.items():
        (top / name).symlink_to(target)
    return folder(top)


def german_and_decomposed(top: Path) -> dict:
    """The umlaut is a letter and a mark, as macOS writes it."""
    photos(top, 'Bilder/Frauen/1.jpg', 'Bilder/Ma\u0308nner 2019/1.jpg', 'Bilder/MännerFotos/2.jpg')
    return folder(top)


def from_a_spreadsheet(top: Path) -> dict:
    """Semicolons, a mark of the byte order, backslashes, another case of words, and a column that is named."""
    photos(top, 'Bilder/1.jpg', 'Bilder/2.jpg', 'Bilder/3.jpg')
    rows = ('Bilder\\1.jpg;1;W', 'Bilder\\2.jpg;2;Mann', 'Bilder\\3.jpg;3;divers')
    text(top / 'Liste.csv', 'Datei;Nr;Geschlecht', *rows, encoding='utf-8-sig')
    return table(top / 'Liste.csv', image='datei', label='Geschlecht')


def numbers_without_endings(top: Path) -> dict:
    """Ids without an ending, labels as pandas writes numbers beside missing ones, and files that lie deeper."""
    photos(top, 'images/part1/17.png', 'images/part1/18.png', 'images/part2/19.png', 'images/part2/20.png')
    text(top / 'labels.csv', ',id,sex', '0,17,0.0', '1,18,1.0', '2,19,1.0', '3,20,')
    return table(top / 'labels.csv', values={0: 'female', 1: 'male'})


def told_twice_and_outside(top: Path) -> dict:
    """Folds disagree about a file, under two spellings of its path; others lie outside, by `..` and by a symlink."""
    photos(top, 'in/a.jpg', 'in/b.jpg', 'in/c.jpg', 'out/d.jpg')
    (top / 'in/link.jpg').symlink_to('../out/d.jpg')
    text(top / 'folds/1.tsv', 'path\tgender', 'a.jpg\tfemale', 'b.jpg\tmale', '../out/d.jpg\tmale', 'link.jpg\tmale')
    text(top / 'folds/2.tsv', 'path\tgender', './a.jpg\tmale', f'{top}/in/c.jpg\tfemale', '/etc/hostname\tmale')
    return table(top / 'folds', top / 'in')


def names_of_people_and_lenses(top: Path) -> dict:
    """Words and letters that are no labels stand nearer to the files than those that are."""
    photos(top, 'men/John_F_Kennedy/1.jpg', 'male/f1.8/1.jpg', 'women/50 m/1.jpg', 'women/Man Ray/1.jpg')
    photos(top, 'Old Man River/1.jpg', 'Isle of Man 2023/1.jpg', 'Canon EOS M/1.jpg', 'f 2.8/1.jpg')
    (top / 'more.zip').write_bytes(archive({'FemaleFaces/1.jpg': b'1', 'male and female/man_2.jpg': b'2'}))
    return folder(top)


INVENTED: list[tuple[Callable[[Path], dict], tuple[int, int], dict[str, str]]] = [
    (links_to_numbered_folders, (2, 1), {'men/women': 'read as store', 'store/again': 'read as a whole'}),
    (german_and_decomposed, (1, 2), {}),
    (from_a_spreadsheet, (1, 1), {'Bilder\\3.jpg': '"divers" in the column "Geschlecht" of row 3 of Liste.csv'}),
    (numbers_without_endings, (1, 2), {'20': 'no word in the column "sex"'}),
    (told_twice_and_outside, (1, 1), {
        'a.jpg': 'both labels: female by row 1 of 1.tsv ("female"), male by row 1 of 2.tsv ("male")',
        '../out/d.jpg': 'leads out', '/etc/hostname': 'leads out', 'link.jpg': 'a symlink that points outside',
    }),
    (names_of_people_and_lenses, (3, 3), {
        'Old Man River/1.jpg': '"man" in "Old Man River" stands among other words',
        'Isle of Man 2023/1.jpg': '"man" in "Isle of Man 2023" stands among other words',
        'Canon EOS M/1.jpg': 'gives a label', 'f 2.8/1.jpg': 'gives a label',
    }),
]  # fmt: skip


ALL = PUBLISHED + INVENTED


@pytest.mark.parametrize(('make', 'counts', 'said'), ALL, ids=[make.__name__ for make, *_ in ALL])
def test_every_photo_has_the_label_that_its_data_set_gives(make, counts, said, tmp_path):
    (tmp_path / 'set').mkdir()
    data = make(tmp_path / 'set')
    found, remarks = loaded(data, tmp_path / 'raw')
    assert found == counts
    others = {origin: reason for origin, reason in remarks.items() if not reason.startswith('tables of labels')}
    assert set(others) == set(said)
    assert {origin: reason for origin, reason in said.items() if reason not in others[origin]} == {}


@pytest.mark.parametrize('make', [fairface, hugging_face, told_twice_and_outside, links_to_numbered_folders])
def test_the_same_photos_in_another_order_on_the_disk_give_the_same_tables(make, tmp_path):
    bytes_of = []
    for name in ('one', 'two'):
        (tmp_path / name / 'set').mkdir(parents=True)
        loaded(make(tmp_path / name / 'set'), tmp_path / name / 'raw')
        tables = [(tmp_path / name / 'raw' / table).read_text() for table in ('photos.csv', 'remarks.csv')]
        bytes_of.append([content.replace(f'/{name}/', '/') for content in tables])
    assert bytes_of[0] == bytes_of[1]


def test_there_are_sixteen_published_layouts_and_six_invented_ones():
    assert (len(PUBLISHED), len(INVENTED)) == (16, 6)
