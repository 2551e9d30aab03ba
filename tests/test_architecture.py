"""The architecture: imports between rooms point down, results do not depend on the report, and docs name every room."""

import ast
import re

import pytest

from stages.trainings.store import closure
from tests.clone import ROOT
from tests.modules import FILES, IMPORTS, needed, room_of, tree

# From the top floor down: a room only imports rooms of lower floors.
FLOORS = [
    {'scripts'},
    {'predict'},
    {'report'},
    {'clean'},
    {'audit', 'detect', 'preprocess', 'replicate', 'sweep'},
    {'trainings'},
    {'detectors', 'scores'},
    {'dataset'},
    {'sources', 'triggers'},
    {'faces', 'network', 'portraits'},
    {'images'},
    {'cluster'},
    {'common'},
]
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}


def test_every_room_has_a_floor():
    assert {room_of(module) for module in FILES} == set(FLOOR)


def test_rooms_only_import_rooms_of_lower_floors():
    arrows = {(room_of(a), room_of(b)) for a, imported in IMPORTS.items() for b in imported}
    wrong = {(a, b) for a, b in arrows if a != b and FLOOR[a] >= FLOOR[b]}
    assert wrong == set()


def test_there_are_no_circular_imports():
    done, path = set(), []

    def visit(module: str) -> None:
        assert module not in path, ' -> '.join([*path[path.index(module) :], module])
        if module not in done:
            path.append(module)
            for imported in IMPORTS[module] - {module}:
                visit(imported)
            path.pop()
            done.add(module)

    for module in FILES:
        visit(module)


def test_network_only_imports_common_code():
    used = {b for a, imported in IMPORTS.items() if room_of(a) == 'network' for b in imported}
    assert {room_of(module) for module in used} == {'network', 'common'}
    assert 'stages.common.files' not in used
    names = {name.name for module in FILES if room_of(module) == 'network' for node in ast.walk(tree(module))
             if isinstance(node, ast.ImportFrom) for name in node.names}  # fmt: skip
    assert names & {'LABELS', 'Label', 'PARAMS', 'load_params'} == set()


def test_no_room_reads_params_yaml():
    readers = {module for module, path in FILES.items() if 'load_params' in path.read_text(encoding='utf-8')}
    assert {room_of(module) for module in readers - {'stages.common.params'}} == {'scripts'}


@pytest.mark.parametrize('module', [m for m in FILES if room_of(m) == 'scripts' and m != 'stages.report.__main__'])
def test_stage_only_uses_the_report_for_printing(module):
    words = {name.name for node in ast.walk(tree(module)) if isinstance(node, ast.ImportFrom)
             and str(node.module).startswith('stages.report') for name in node.names}  # fmt: skip
    uses = [node for node in ast.walk(tree(module)) if isinstance(node, ast.Name) and node.id in words]
    printed = [
        name
        for node in ast.walk(tree(module))
        if isinstance(node, ast.Call) and getattr(node.func, 'id', '') == 'print'
        for name in ast.walk(node)
        if isinstance(name, ast.Name) and name.id in words
    ]
    assert len(uses) == len(printed)


def test_stored_results_do_not_depend_on_the_report_or_a_stage():
    for module in ('stages.trainings.fit', 'stages.detect.cases', 'stages.audit.proof', 'stages.replicate.published'):
        assert {room_of(name) for name in closure(module)[0] if name != 'stages'} & {'report', 'scripts'} == set()


@pytest.mark.parametrize('module', FILES)
def test_closure_of_a_module_has_all_modules_that_it_needs(module):
    assert needed(module) - set(closure(module)[0]) == set()


def test_functions_are_short():
    lengths = {
        f'{module}.{node.name}': node.end_lineno - node.lineno + 1
        for module in FILES
        for node in ast.walk(tree(module))
        if isinstance(node, ast.FunctionDef)
    }
    assert {name: length for name, length in lengths.items() if length > 50} == {}


@pytest.mark.parametrize('room', sorted(set(FLOOR) - {'scripts'}))
def test_page_on_architecture_names_every_room(room):
    page = (ROOT / 'docs' / 'architecture.md').read_text(encoding='utf-8')
    assert re.search(rf'^\| `{room}` \|', page, re.MULTILINE)
