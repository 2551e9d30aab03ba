"""Arrays larger than memory: rows of several as one, files that are mapped, and what fits."""

import io
import math
import os
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Protocol, TypeVar

import numpy as np

from stages.common.errors import StudyError
from stages.common.files import beside


class Rows(Protocol):
    """The rows of an array in memory, of a memory map or of a Stack."""

    @property
    def dtype(self) -> np.dtype:
        """Return the type of the numbers."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Return the number of rows, followed by the shape of a row."""

    def __len__(self) -> int:
        """Return the number of rows."""

    def __getitem__(self, rows: np.ndarray | slice, /) -> np.ndarray:
        """Return the rows at some positions, int64 (k,), or of a slice."""


class Stack:
    """Rows of `parts`, arrays of one dtype and shape but for their number of rows, one after the other, without a copy.

    If `picked` is given, int64 (n,), it is the rows at these positions, in this order. What is not asked for is not
    read, such as from a memory map.
    """

    def __init__(self, *parts: np.ndarray, picked: np.ndarray | None = None):
        self._parts, self._picked = parts, picked
        self._starts = np.cumsum([0, *(len(part) for part in parts)])
        self.dtype = parts[0].dtype
        self.shape = (int(self._starts[-1]) if picked is None else len(picked), *parts[0].shape[1:])

    def __len__(self) -> int:
        """Return the number of rows."""
        return self.shape[0]

    def __getitem__(self, rows: np.ndarray | slice) -> np.ndarray:
        """Return a copy of the rows at some positions, int64 (k,), or of a slice."""
        if isinstance(rows, slice):
            rows = np.arange(len(self))[rows]
        if self._picked is not None:
            rows = self._picked[rows]
        found = np.empty((len(rows), *self.shape[1:]), self.dtype)
        for part, start in zip(self._parts, self._starts[:-1], strict=True):
            inside = (rows >= start) & (rows < start + len(part))
            found[inside] = part[rows[inside] - start]
        return found

    def pick(self, positions: np.ndarray) -> 'Stack':
        """Return the rows at some positions, int64 (n,), which are read once they are asked for."""
        return Stack(*self._parts, picked=positions if self._picked is None else self._picked[positions])


Fields = TypeVar('Fields')

ROWS = 1024  # of an array that are written at once


@contextmanager
def array_folder(folder: Path, version: int) -> Iterator[Path]:
    """Yield a folder for arrays that `save_array` writes, and other files; it takes its place when the block ends well.

    `version` is that of its layout, kept in it as an array of that name.
    """
    with beside(folder) as draft:
        draft.mkdir()
        np.save(draft / 'version.npy', version)
        yield draft


def save_array(folder: Path, name: str, array: np.ndarray | Stack) -> None:
    """Write an array, (n, ...), as an .npy file: the same array gives the same bytes."""
    blocks = (array[start : start + ROWS] for start in range(0, len(array), ROWS))
    save_blocks(folder, name, blocks, array.shape, array.dtype)


def save_fields(folder: Path, arrays: object, version: int) -> None:
    """Write the arrays that are the fields of a dataclass into a folder, each under the name of its field."""
    with array_folder(folder, version) as draft:
        for field in fields(arrays):
            save_array(draft, field.name, getattr(arrays, field.name))


def save_blocks(folder: Path, name: str, blocks: Iterable[np.ndarray], shape: tuple[int, ...], dtype: np.dtype) -> None:
    """Write an array of a shape as an .npy file, whose rows come in blocks, one after the other."""
    # Written, not mapped: on a full disk, writing to a map would kill the process.
    with (folder / f'{name}.npy').open('wb') as file:
        header = {'descr': np.lib.format.dtype_to_descr(np.dtype(dtype)), 'fortran_order': False, 'shape': shape}
        np.lib.format.write_array_header_1_0(file, header)
        for block in blocks:
            file.write(block.tobytes())


def map_arrays(folder: Path, names: Sequence[str], made_by: str, version: int) -> dict[str, np.ndarray]:
    """Map the arrays `names` of a folder into memory, to be read; what is missing or damaged is refused by name.

    So is a folder of another version. `made_by` is the stage that writes it, named in the error; where there is no
    folder, all stages are yet to run.
    """
    if not folder.is_dir():
        raise StudyError(f'{folder}: not there; run `make repro`')
    arrays = {name: _mapped(folder, name, made_by) for name in ('version', *names)}
    _check_version(folder, arrays.pop('version'), made_by, version)
    return arrays


def map_fields(folder: Path, kind: type[Fields], made_by: str, version: int) -> Fields:
    """Map the arrays that `save_fields` wrote of a dataclass `kind` into memory, as `map_arrays` does."""
    return kind(**map_arrays(folder, [field.name for field in fields(kind)], made_by, version))


def _mapped(folder: Path, name: str, made_by: str) -> np.ndarray:
    path = folder / f'{name}.npy'
    try:
        return np.asarray(np.load(path, mmap_mode='r', allow_pickle=False))
    except FileNotFoundError:
        raise StudyError(f'{folder}: holds no array {name!r}; {_remedy(made_by)}') from None
    except (MemoryError, PermissionError):
        raise
    # A damaged header makes the reader raise errors of almost every kind.
    except Exception as error:
        raise _damaged(path, error, made_by) from None


def _check_version(path: Path, found: np.ndarray, made_by: str, version: int) -> None:
    if not np.array_equal(found, version):
        raise StudyError(f'{path}: is of version {found}, not {version}; {_remedy(made_by)}')


def _damaged(path: Path, error: Exception, made_by: str) -> StudyError:
    return StudyError(f'{path}: damaged or of another kind ({" ".join(str(error).split())}); {_remedy(made_by)}')


def _remedy(made_by: str) -> str:
    return f'run `dvc repro {made_by}` to make it anew'


def write_arrays(path: Path, arrays: Mapping[str, np.ndarray], version: int) -> None:
    """Write named arrays of any shape as an .npz file: the same arrays give the same bytes; pickles are refused.

    `version` is that of the file's layout, kept in it as an array of that name.
    """
    # Not by np.savez: what it says of each array in the archive depends on the version of Python.
    with beside(path) as draft, zipfile.ZipFile(draft, 'w') as file:
        for name, array in {'version': np.array(version), **arrays}.items():
            content = io.BytesIO()
            np.lib.format.write_array(content, np.asanyarray(array), allow_pickle=False)
            file.writestr(zipfile.ZipInfo(f'{name}.npy'), content.getvalue())


def read_arrays(path: Path, names: Sequence[str], made_by: str, version: int) -> dict[str, np.ndarray]:
    """Read the arrays `names` of an .npz file; one that is missing, damaged or of another version is refused by name.

    `made_by` is the stage that writes the file, named in the error; where there is no file, all stages are yet to run.
    """
    try:
        # All checksums come first: a damaged header could ask for any amount of memory.
        with zipfile.ZipFile(path) as file:
            damaged = file.testzip()
        if damaged:
            raise ValueError(f'{damaged} does not have its checksum')
        _check_sizes(path)
        with np.load(path, allow_pickle=False) as file:
            missing = [name for name in ('version', *names) if name not in file.files]
            if missing:
                raise StudyError(f'{path}: holds no array {missing[0]!r}; {_remedy(made_by)}')
            _check_version(path, file['version'], made_by, version)
            return {name: file[name] for name in names}
    except FileNotFoundError:
        raise StudyError(f'{path}: not there; run `make repro`') from None
    except (StudyError, MemoryError, PermissionError):
        raise
    # A damaged archive makes the zip and array readers raise errors of almost every kind.
    except Exception as error:
        raise _damaged(path, error, made_by) from None


def _check_sizes(path: Path) -> None:
    """Raise a ValueError where an array of an .npz file declares more numbers than the file holds."""
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            with archive.open(info) as file:
                version = np.lib.format.read_magic(file)
                read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
                shape, _, dtype = read(file)
                if file.tell() + math.prod(shape) * dtype.itemsize > info.file_size and not dtype.hasobject:
                    raise ValueError(f'{info.filename} is shorter than it says')


def memory() -> int:
    """Return how many bytes of memory this machine has."""
    return os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES')


def gigabytes(size: int) -> str:
    """Return a number of bytes in words, to the nearest gigabyte."""
    return f'{size / 1e9:.0f} GB'
