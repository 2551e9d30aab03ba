"""The README says what is there."""

import re
from collections.abc import Iterator
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
README = (ROOT / 'README.md').read_text(encoding='utf-8')


def leaves(content: dict, prefix: str = '') -> Iterator[tuple[str, object]]:
    for name, value in content.items():
        if isinstance(value, dict):
            yield from leaves(value, f'{prefix}{name}.')
        else:
            yield f'{prefix}{name}', value


def test_every_param_is_described_with_its_default():
    described = dict(re.findall(r'^\| `([\w.]+)` \| `(.+?)` \|', README, re.MULTILINE))
    shipped = dict(leaves(yaml.safe_load((ROOT / 'params.yaml').read_text())))
    assert {name: yaml.safe_load(value) for name, value in described.items()} == shipped


def test_every_picture_and_file_that_it_names_is_there():
    pictures = re.findall(r'!\[.*?\]\((.+?)\)', README)
    assert pictures
    assert [name for name in pictures if not (ROOT / name).is_file()] == []


def test_every_stage_is_described():
    stages = yaml.safe_load((ROOT / 'dvc.yaml').read_text())['stages']
    assert [name for name in stages if f'| `{name}` |' not in README] == []
