import io
import subprocess
import sys
import zipfile
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import pytest

from stages.common.arrays import (
    Rows,
    Stack,
    array_folder,
    map_arrays,
    map_fields,
    memory,
    read_arrays,
    save_blocks,
    save_fields,
    write_arrays,
)
from stages.common.errors import StudyError

REMEDY = 'read again'


def test_array_larger_than_its_file_is_refused_before_memory_is_allocated(tmp_path):
    write_arrays(tmp_path / 'a.npz', {'x': np.zeros(4)}, version=1)
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {'descr': '<f8', 'fortran_order': False, 'shape': (10**12,)})
    with zipfile.ZipFile(tmp_path / 'b.npz', 'w') as archive, zipfile.ZipFile(tmp_path / 'a.npz') as whole:
        archive.writestr('version.npy', whole.read('version.npy'))
        archive.writestr('x.npy', header.getvalue() + bytes(32))
    with pytest.raises(
        StudyError,
        match=r'b\.npz: damaged, or another kind of file \(x\.npy is shorter than its header says\); read again$',
    ):
        read_arrays(tmp_path / 'b.npz', 1, REMEDY, ['x'])


def test_the_same_arrays_give_the_same_bytes(tmp_path):
    for name in ('a.npz', 'b.npz'):
        write_arrays(tmp_path / name, {'x': np.arange(5), 'y': np.array(['é'])}, version=1)
    assert (tmp_path / 'a.npz').read_bytes() == (tmp_path / 'b.npz').read_bytes()
    # In every version of Python: newer ones write another archive version if large files are allowed.
    with zipfile.ZipFile(tmp_path / 'a.npz') as file:
        assert {(info.create_version, info.extract_version, info.date_time[0]) for info in file.infolist()} == {
            (20, 20, 1980)
        }


def test_a_damaged_array_is_refused_by_name(tmp_path):
    path = tmp_path / 'a.npz'
    write_arrays(path, {'x': np.zeros(1000)}, version=1)
    content = bytearray(path.read_bytes())
    content[3000] ^= 1
    path.write_bytes(content)
    with pytest.raises(StudyError, match=r'a\.npz: damaged, .*; read again$'):
        read_arrays(path, 1, REMEDY, ['x'])


def test_flipped_bits_are_detected(tmp_path):
    path = tmp_path / 'a.npz'
    write_arrays(path, {'x': np.arange(9)}, version=1)
    whole = path.read_bytes()
    refused = 0
    for position in range(len(whole)):
        damaged = bytearray(whole)
        damaged[position] ^= 1 << position % 8
        path.write_bytes(damaged)
        try:
            # A bit without meaning, such as one of a date, may be flipped: the arrays are the same.
            np.testing.assert_array_equal(read_arrays(path, 1, REMEDY, ['x'])['x'], np.arange(9))
        except StudyError as error:
            assert str(error).startswith(f'{path}: ')  # noqa: PT017
            assert '\n' not in str(error)  # noqa: PT017
            refused += 1
    assert refused > len(whole) / 2


def test_truncated_files_are_detected(tmp_path):
    path = tmp_path / 'a.npz'
    write_arrays(path, {'x': np.arange(9)}, version=1)
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(StudyError, match='damaged, or another kind of file'):
            read_arrays(path, 1, REMEDY, ['x'])


def saved(folder, **arrays):
    with array_folder(folder, version=1) as draft:
        for name, array in arrays.items():
            save_blocks(draft, name, [array[:1000], array[1000:]], array.shape, array.dtype)
    return folder


def test_arrays_of_a_folder_are_mapped_as_they_were_saved(tmp_path):
    numbers = np.arange(6000.0).reshape(3000, 2)
    parts = Stack(numbers[:1000], numbers[1000:])
    saved(
        tmp_path / 'a', x=numbers, y=np.array(['é', 'bb']), z=parts, empty=np.zeros((0, 3), np.uint8)[:0].reshape(0, 3)
    )
    arrays = map_arrays(tmp_path / 'a', ['z', 'x', 'y'], 'preprocess', 1)
    assert list(arrays) == ['z', 'x', 'y']
    for array, expected in zip(arrays.values(), (numbers, numbers, np.array(['é', 'bb'])), strict=True):
        assert array.dtype == expected.dtype
        assert type(array) is np.ndarray
        assert isinstance(array.base, np.memmap)
        assert not array.flags.writeable
        np.testing.assert_array_equal(array, expected)


def test_the_same_arrays_give_the_same_bytes_in_a_folder_and_numpy_reads_them(tmp_path):
    first, second = (saved(tmp_path / name, x=np.arange(5), y=np.array(['é'])) for name in 'ab')
    for file in first.iterdir():
        assert (second / file.name).read_bytes() == file.read_bytes()
    np.testing.assert_array_equal(np.load(first / 'x.npy'), np.arange(5))


def test_folder_is_replaced_atomically(tmp_path):
    saved(tmp_path / 'a', x=np.arange(5), y=np.arange(3))
    with pytest.raises(AttributeError):
        saved(tmp_path / 'a', x=np.arange(2), y=[1])
    assert map_arrays(tmp_path / 'a', ['x'], 'preprocess', 1)['x'].tolist() == [0, 1, 2, 3, 4]
    saved(tmp_path / 'a', x=np.arange(2))
    assert sorted(path.name for path in (tmp_path / 'a').iterdir()) == ['version.npy', 'x.npy']
    assert [path.name for path in tmp_path.iterdir()] == ['a']


def test_a_folder_that_is_missing_incomplete_or_of_another_version_is_refused_by_name(tmp_path):
    with pytest.raises(StudyError, match=r'a: not found; run `make repro`$'):
        map_arrays(tmp_path / 'a', ['x'], 'preprocess', 1)
    saved(tmp_path / 'a', x=np.arange(5))
    remedy = 'run `dvc repro preprocess` to regenerate it'
    with pytest.raises(StudyError, match=rf"a: has no array 'y'; {remedy}$"):
        map_arrays(tmp_path / 'a', ['x', 'y'], 'preprocess', 1)
    with pytest.raises(StudyError, match=rf'a: format version 1, expected 2; {remedy}$'):
        map_arrays(tmp_path / 'a', ['x'], 'preprocess', 2)


def test_truncation_and_damaged_headers_of_a_mapped_array_are_detected(tmp_path):
    expected = np.arange(9)
    path = saved(tmp_path / 'a', x=expected) / 'x.npy'
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(StudyError, match=r'a/x\.npy: damaged, or another kind of file'):
            map_arrays(tmp_path / 'a', ['x'], 'preprocess', 1)
    refused = 0
    for position in range(128):
        damaged = bytearray(whole)
        damaged[position] ^= 1 << position % 8
        path.write_bytes(damaged)
        try:
            mapped = map_arrays(tmp_path / 'a', ['x'], 'preprocess', 1)['x']
            assert mapped.size <= 16  # at most what the file contains
        except StudyError as error:
            assert str(error).startswith(f'{path}: ')  # noqa: PT017
            assert '\n' not in str(error)  # noqa: PT017
            refused += 1
    assert refused > 40


def test_pickles_are_refused(tmp_path):
    saved(tmp_path / 'a', x=np.arange(2))
    np.save(tmp_path / 'a' / 'x.npy', np.array([{}, []], object))
    with pytest.raises(StudyError, match=r'x\.npy: damaged, or another kind of file'):
        map_arrays(tmp_path / 'a', ['x'], 'preprocess', 1)


def test_all_arrays_of_a_file_are_read_by_default(tmp_path):
    arrays = {'b': np.arange(3), 'a': np.array(['é']), 'c': np.array(0.5)}
    write_arrays(tmp_path / 'a.npz', arrays, version=1)
    loaded = read_arrays(tmp_path / 'a.npz', 1, REMEDY)
    assert list(loaded) == ['b', 'a', 'c']
    for name, array in arrays.items():
        np.testing.assert_array_equal(loaded[name], array)
    assert list(read_arrays(tmp_path / 'a.npz', 1, REMEDY, ['c', 'b'])) == ['c', 'b']


def test_missing_array_or_wrong_version_is_named_with_the_remedy(tmp_path):
    write_arrays(tmp_path / 'a.npz', {'x': np.arange(3)}, version=1)
    with pytest.raises(StudyError, match=r"/a\.npz: has no array 'y'; read again$"):
        read_arrays(tmp_path / 'a.npz', 1, REMEDY, ['x', 'y'])
    with pytest.raises(StudyError, match=r'/a\.npz: format version 1, expected 2; read again$'):
        read_arrays(tmp_path / 'a.npz', 2, REMEDY)
    np.savez(tmp_path / 'b.npz', x=np.arange(3))
    with pytest.raises(StudyError, match=r"/b\.npz: has no array 'version'; read again$"):
        read_arrays(tmp_path / 'b.npz', 1, REMEDY)


@dataclass(frozen=True)
class Fruits:
    """Arrays to save together."""

    weight: Rows
    name: np.ndarray


@pytest.mark.parametrize('rows', [0, 5, 3000])
def test_fields_of_a_dataclass_round_trip_from_arrays_and_stacks(tmp_path, rows):
    weight = np.arange(2.0 * rows).reshape(rows, 2)
    name = np.array([f'fruit {number}' for number in range(rows)], 'U10')
    save_fields(tmp_path / 'a', Fruits(weight, name), version=3)
    save_fields(tmp_path / 'b', Fruits(Stack(weight[: rows // 2], weight[rows // 2 :]), name), version=3)
    loaded = map_fields(tmp_path / 'a', Fruits, 'harvest', 3)
    for field, expected in zip(fields(Fruits), (weight, name), strict=True):
        array = getattr(loaded, field.name)
        assert (array.dtype, array.shape) == (expected.dtype, expected.shape)
        np.testing.assert_array_equal(array, expected)
        path = f'{field.name}.npy'
        assert (tmp_path / 'a' / path).read_bytes() == (tmp_path / 'b' / path).read_bytes()
    with pytest.raises(StudyError, match=r'a: format version 3, expected 4; run `dvc repro harvest` to regenerate it$'):
        map_fields(tmp_path / 'a', Fruits, 'harvest', 4)


@pytest.mark.parametrize('text', ['2000000000\n', 'max\n', None])
def test_memory_is_what_a_container_may_use(tmp_path, monkeypatch, text):
    machine = memory()
    monkeypatch.setattr('stages.common.arrays.CONTROL_GROUPS', tmp_path)
    if text:
        group = Path('/proc/self/cgroup').read_text().rpartition('0::/')[2].strip()
        (tmp_path / group).mkdir(parents=True, exist_ok=True)
        (tmp_path / group / 'memory.max').write_text(text)
    assert memory() == (min(machine, 2 * 10**9) if text == '2000000000\n' else machine)


def test_memory_is_what_the_process_is_limited_to():
    code = (
        'import resource; resource.setrlimit(resource.RLIMIT_AS, (10**10,) * 2); '
        'from stages.common.arrays import memory; print(memory())'
    )
    output = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, check=True).stdout
    assert int(output) == min(10**10, memory())
