"""The modules of this project and what they import, read from their text."""

import ast
from pathlib import Path

from tests.clone import ROOT

STAGES = ROOT / 'stages'


def _name(path: Path) -> str:
    return '.'.join(path.relative_to(ROOT).with_suffix('').parts).removesuffix('.__init__')


def _imports(path: Path) -> set[str]:
    """What a file imports, at its top or within a function."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding='utf-8'))):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f'{path}: imports are absolute'
            found |= {node.module, *(f'{node.module}.{name.name}' for name in node.names)}
        elif isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
    return found


FILES = {_name(path): path for path in STAGES.rglob('*.py')}
IMPORTS = {module: _imports(path) & set(FILES) for module, path in FILES.items()}


def room_of(module: str) -> str:
    """The folder below stages that a module is in, or 'scripts'."""
    parts = module.split('.')
    return parts[1] if len(parts) > 1 and (STAGES / parts[1]).is_dir() else 'scripts'


def needed(module: str) -> set[str]:
    """Every module that a module needs, itself included: what it imports, and the kinds that a choice finds."""
    found, waiting = set(), {module}
    while waiting:
        name = waiting.pop()
        found.add(name)
        room, _, file = name.rpartition('.')
        kinds = {other for other in FILES if other.startswith(f'{room}.')} if file == 'choice' else set()
        waiting |= (IMPORTS[name] | kinds) - found
    return found
