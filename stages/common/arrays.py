"""Arrays larger than memory: rows of several as one, and files that are mapped."""

import io
import math
import os
import resource
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from stages.common.errors import StudyError
from stages.common.files import beside

Fields = TypeVar('Fields')

CONTROL_GROUPS = Path('/sys/fs/cgroup')  # of Linux, version 2
BLOCK_ROWS = 1024  # of an array that are written at a time


class Stack:
    """Rows of `parts`, one after the other, without a copy: arrays of one dtype, and of one shape but for their length.

    If `picked` is given, int64 (n,), it is the rows at these positions, in this order. Rows are read, such as from a
    memory map, only when they are indexed.
    """

    def __init__(self, *parts: 'Rows', picked: np.ndarray | None = None):
        self._parts, self._picked = parts, picked
        self._starts = np.cumsum([0, *(len(part) for part in parts)])
        self.dtype: np.dtype = parts[0].dtype
        self.shape: tuple[int, ...] = (int(self._starts[-1]) if picked is None else len(picked), *parts[0].shape[1:])

    def __len__(self) -> int:
        """Return the number of rows."""
        return self.shape[0]

    def __getitem__(self, rows: Any, /) -> np.ndarray:
        """Return a copy of the rows at some positions, int64 (k,), or of a slice."""
        positions = np.arange(len(self))[rows] if isinstance(rows, slice) else rows
        if self._picked is not None:
            positions = self._picked[positions]
        copied = np.empty((len(positions), *self.shape[1:]), self.dtype)
        for part, start in zip(self._parts, self._starts[:-1], strict=True):
            inside = (positions >= start) & (positions < start + len(part))
            copied[inside] = part[positions[inside] - start]
        return copied

    def pick(self, positions: np.ndarray) -> 'Stack':
        """Return the rows at some positions, int64 (n,), to be read when they are indexed."""
        return Stack(*self._parts, picked=positions if self._picked is None else self._picked[positions])


# Rows of one dtype and shape, read when they are indexed.
Rows = np.ndarray | Stack


def memory() -> int:
    """Return how many bytes of memory this process may use: those of the machine, or a limit of it or its container."""
    limits = [os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES'), resource.getrlimit(resource.RLIMIT_AS)[0]]
    with suppress(OSError):
        group = Path('/proc/self/cgroup').read_text().rpartition('0::/')[2].strip().lstrip('/')
        for path in (CONTROL_GROUPS / group, *(CONTROL_GROUPS / group).parents):
            # Each is a number, `max` or, in the group of all, missing.
            with suppress(OSError, ValueError):
                limits.append(int((path / 'memory.max').read_text()))
    return min(limit for limit in limits if limit != resource.RLIM_INFINITY)


def gigabytes(size: int) -> str:
    """Return a number of bytes in words, to the nearest gigabyte, or megabyte where there is less than one."""
    return f'{size / 1e9:.0f} GB' if size >= 1e9 else f'{size / 1e6:.0f} MB'


@contextmanager
def array_folder(folder: Path, version: int) -> Iterator[Path]:
    """Yield a draft folder for arrays, which replaces `folder` on success; `version`, of its layout, is one of them."""
    with beside(folder) as draft:
        draft.mkdir()
        np.save(draft / 'version.npy', version)
        yield draft


def save_blocks(folder: Path, name: str, blocks: Iterable[np.ndarray], shape: tuple[int, ...], dtype: Any) -> None:
    """Write an array of a shape as an .npy file from blocks of its rows: the same array gives the same bytes."""
    # Written, not mapped: on a full disk, writing to a map would kill the process.
    with (folder / f'{name}.npy').open('wb') as file:
        header = {'descr': np.lib.format.dtype_to_descr(np.dtype(dtype)), 'fortran_order': False, 'shape': shape}
        np.lib.format.write_array_header_1_0(file, header)
        for block in blocks:
            file.write(block.tobytes())


def save_fields(folder: Path, arrays: Any, version: int) -> None:
    """Write the arrays (n, ...) that are the fields of a dataclass into a folder, each under the name of its field."""
    with array_folder(folder, version) as draft:
        for field in fields(arrays):
            array = getattr(arrays, field.name)
            blocks = (array[start : start + BLOCK_ROWS] for start in range(0, len(array), BLOCK_ROWS))
            save_blocks(draft, field.name, blocks, array.shape, array.dtype)


def map_arrays(folder: Path, names: Sequence[str], made_by: str, version: int) -> dict[str, np.ndarray]:
    """Map the arrays `names` of a folder into memory, read-only.

    A StudyError names what is missing, damaged or of another version, and `made_by`, the stage that writes the folder.
    """
    if not folder.is_dir():
        raise StudyError(f'{folder}: not found; run `make repro`')
    arrays, remedy = {}, regenerate(made_by)
    for name in ('version', *names):
        path = folder / f'{name}.npy'
        with _reading(path, remedy):
            if not path.exists():
                raise StudyError(f'{folder}: has no array {name!r}; {remedy}')
            arrays[name] = np.asarray(np.load(path, mmap_mode='r', allow_pickle=False))
    _check_version(folder, arrays.pop('version'), version, remedy)
    return arrays


def map_fields(folder: Path, kind: type[Fields], made_by: str, version: int) -> Fields:
    """Map the arrays that `save_fields` wrote of a dataclass `kind` into memory, as `map_arrays` does."""
    names = [field.name for field in fields(kind)]  # type: ignore[arg-type]  # mypy knows no bound for dataclasses
    return kind(**map_arrays(folder, names, made_by, version))


def _check_version(path: Path, version: np.ndarray, expected: int, remedy: str) -> None:
    if not np.array_equal(version, expected):
        raise StudyError(f'{path}: format version {version}, expected {expected}; {remedy}')


@contextmanager
def _reading(path: Path, remedy: str) -> Iterator[None]:
    try:
        yield
    except (StudyError, MemoryError, FileNotFoundError, PermissionError):
        raise
    # A damaged file makes the zip and array readers raise errors of almost every kind.
    except Exception as error:
        reason = ' '.join(str(error).split())
        raise StudyError(f'{path}: damaged, or another kind of file ({reason}); {remedy}') from None


def regenerate(made_by: str) -> str:
    """Say how to regenerate what the stage `made_by` writes."""
    return f'run `dvc repro {made_by}` to regenerate it'


def write_arrays(path: Path, arrays: Mapping[str, np.ndarray], version: int) -> None:
    """Write arrays and the `version` of their layout as an .npz file: the same arrays give the same bytes."""
    # Not by np.savez: what it says of each array in the archive depends on the version of Python.
    with beside(path) as draft, zipfile.ZipFile(draft, 'w') as file:
        for name, array in {'version': np.array(version), **arrays}.items():
            content = io.BytesIO()
            np.lib.format.write_array(content, np.asanyarray(array), allow_pickle=False)
            file.writestr(zipfile.ZipInfo(f'{name}.npy'), content.getvalue())


def read_arrays(path: Path, version: int, remedy: str, names: Sequence[str] | None = None) -> dict[str, np.ndarray]:
    """Read the arrays `names` of an .npz file, or all of them.

    A StudyError names a file that has none of a name, is damaged or of another version, and gives the `remedy`.
    """
    with _reading(path, remedy):
        _check_sizes(path)
        with np.load(path, allow_pickle=False) as file:
            for name in ('version', *(names or ())):
                if name not in file.files:
                    raise StudyError(f'{path}: has no array {name!r}; {remedy}')
            _check_version(path, file['version'], version, remedy)
            return {name: file[name] for name in (file.files[1:] if names is None else names)}


def _check_sizes(path: Path) -> None:
    """Raise a ValueError where an .npz file is damaged, or an array declares more numbers than the file holds."""
    with zipfile.ZipFile(path) as archive:
        # All checksums come first: a damaged header could ask for any amount of memory.
        if damaged := archive.testzip():
            raise ValueError(f'{damaged} does not match its checksum')
        for info in archive.infolist():
            with archive.open(info) as file:
                version = np.lib.format.read_magic(file)
                read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
                shape, _, dtype = read(file)
                if file.tell() + math.prod(shape) * dtype.itemsize > info.file_size and not dtype.hasobject:
                    raise ValueError(f'{info.filename} is shorter than its header says')
