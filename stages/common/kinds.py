"""Rooms whose files are kinds of one thing: a new file is a new kind."""

import pkgutil
from importlib import import_module
from typing import TypeVar

Base = TypeVar('Base')


def kinds(package: str, base: type[Base]) -> dict[str, type[Base]]:
    """Return the subclass of `base` that each file of a package defines, by the file's name in alphabetical order.

    A file whose name starts with an underscore is not imported; one that defines no subclass is left out.
    """
    found = {}
    for file in sorted(pkgutil.iter_modules(import_module(package).__path__), key=lambda file: file.name):
        if file.name.startswith('_'):
            continue
        module = import_module(f'{package}.{file.name}')
        defined = [value for value in vars(module).values() if getattr(value, '__module__', None) == module.__name__]
        for value in defined:
            if isinstance(value, type) and issubclass(value, base) and value is not base:
                found[file.name] = value
    return found
