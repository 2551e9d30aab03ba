"""The modules of this project and their imports, read from their source code."""

import ast
from functools import cache
from pathlib import Path

from tests.clone import ROOT

STAGES = ROOT / 'stages'


def _name(path: Path) -> str:
    return '.'.join(path.relative_to(ROOT).with_suffix('').parts).removesuffix('.__init__')


FILES = {_name(path): path for path in STAGES.rglob('*.py')}


@cache
def tree(module: str) -> ast.Module:
    """Return the syntax tree of a module."""
    return ast.parse(FILES[module].read_text(encoding='utf-8'))


def _imports(module: str) -> set[str]:
    """Return the modules of this project that a module imports, at its top or within a function."""
    imported = set()
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f'{module}: imports are absolute'
            imported |= {str(node.module), *(f'{node.module}.{name.name}' for name in node.names)}
        elif isinstance(node, ast.Import):
            imported |= {name.name for name in node.names}
    return imported & set(FILES)


IMPORTS = {module: _imports(module) for module in FILES}


def room_of(module: str) -> str:
    """Return the folder below stages that contains a module, or 'scripts' for the modules that DVC and users run."""
    parts = module.split('.')
    is_script = parts[-1] == '__main__' or not (STAGES / parts[-1 if len(parts) == 1 else 1]).is_dir()
    return 'scripts' if is_script or len(parts) == 1 else parts[1]


def script(stage: str) -> str:
    """Return the module that `python -m stages.STAGE` runs."""
    return next(name for name in (f'stages.{stage}.__main__', f'stages.{stage}') if name in FILES)


def packages_searched(module: str) -> set[str]:
    """Return the packages in which a module looks for subclasses."""
    return {
        node.args[0].value
        for node in ast.walk(tree(module))
        if isinstance(node, ast.Call) and getattr(node.func, 'id', '') == 'subclasses_in'
        if isinstance(node.args[0], ast.Constant)
    }


def needed(module: str, leave_out: str = '') -> set[str]:
    """Return all modules that a module needs, including itself, except those of the room `leave_out`."""
    modules, waiting = set(), {module}
    while waiting:
        name = waiting.pop()
        modules.add(name)
        kinds = {other for package in packages_searched(name) for other in FILES if other.startswith(f'{package}.')}
        waiting |= {other for other in IMPORTS[name] | kinds if not leave_out or room_of(other) != leave_out} - modules
    return modules
