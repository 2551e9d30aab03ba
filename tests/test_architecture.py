"""The house holds: arrows between rooms point down, every kind is one new file, and docs say what is there."""

import ast
import re

import pytest

from tests.clone import ROOT
from tests.modules import FILES, IMPORTS, room_of

# From the top floor down: a room imports only rooms of the floors below its own.
FLOORS = [
    {'scripts'},
    {'auditing'},
    {'detection'},
    {'study', 'replication', 'prediction', 'page'},
    {'reporting', 'gathering'},
    {'dataset', 'detectors'},
    {'sources', 'triggers'},
    {'faces', 'network', 'portraits'},
    {'images'},
    {'common'},
]
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}


def test_every_room_has_a_floor():
    assert {room_of(module) for module in FILES} == set(FLOOR)


def test_no_arrow_points_up_or_sideways():
    arrows = {(room_of(a), room_of(b)) for a, imported in IMPORTS.items() for b in imported}
    wrong = {(a, b) for a, b in arrows if a != b and FLOOR[a] >= FLOOR[b]}
    assert wrong == set()


def test_no_module_imports_itself_by_way_of_others():
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


def test_the_network_knows_nothing_but_what_all_rooms_share():
    used = {b for a, imported in IMPORTS.items() if room_of(a) == 'network' for b in imported}
    assert {room_of(module) for module in used} == {'network', 'common'}
    # Nothing of files, params.yaml or labels of faces either.
    assert used & {'stages.common.files', 'stages.common.params'} == set()


def test_no_room_reads_params_yaml():
    readers = {module for module, imported in IMPORTS.items() if 'stages.params' in imported}
    assert {room_of(module) for module in readers} == {'scripts'}


def test_a_function_is_about_a_screen():
    lengths = {
        f'{module}.{node.name}': node.end_lineno - node.lineno + 1
        for module, path in FILES.items()
        for node in ast.walk(ast.parse(path.read_text(encoding='utf-8')))
        if isinstance(node, ast.FunctionDef)
    }
    assert {name: length for name, length in lengths.items() if length > 50} == {}


@pytest.mark.parametrize('room', sorted(set(FLOOR) - {'scripts'}))
def test_the_page_on_the_architecture_names_every_room(room):
    page = (ROOT / 'docs' / 'architecture.md').read_text(encoding='utf-8')
    assert re.search(rf'^\| `{room}` \|', page, re.MULTILINE)
