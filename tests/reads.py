"""Run one stage and print what it reads: python -m tests.reads STAGE

The last line is JSON: `params` by their names, such as data.source, and `files` below data and metrics that it opens
for reading and has not written itself.
"""

import json
import runpy
import sys
from pathlib import Path

from stages.common.params import Section
from stages.params import Params

SECTIONS = {
    field.annotation: f'{name}.' for name, field in Params.model_fields.items() if issubclass(field.annotation, Section)
} | {Params: ''}


def names(model: type[Section], prefix: str) -> set[str]:
    """Return the names, such as data.source, of all params of a section and of those within it."""
    found = set()
    for name, field in model.model_fields.items():
        of_section = SECTIONS.get(field.annotation)
        found |= names(field.annotation, of_section) if of_section else {f'{prefix}{name}'}
    return found


def main(stage: str) -> None:
    """Run the stage with everything that it reads recorded."""
    params, read, written = set(), set(), set()
    get = Section.__getattribute__

    def recorded(section: Section, name: str) -> object:
        prefix = SECTIONS.get(type(section))
        if prefix is not None and name in type(section).model_fields:
            params.add(f'{prefix}{name}')
        elif prefix is not None and name == 'model_dump':
            params.update(names(type(section), prefix))
        return get(section, name)

    def opened(event: str, arguments: tuple) -> None:
        if event == 'open' and isinstance(arguments[0], str | Path):
            path = Path(arguments[0]).absolute()
            if path.is_relative_to(Path.cwd() / 'data') or path.is_relative_to(Path.cwd() / 'metrics'):
                writes = set(str(arguments[1])) & set('wax+') or '.draft-' in str(path)
                (written if writes else read).add(path.relative_to(Path.cwd()).as_posix())

    sys.addaudithook(opened)
    Section.__getattribute__ = recorded
    runpy.run_module(f'stages.{stage}', run_name='__main__')
    # A section as a whole is on the way to its params.
    sections = {prefix.removesuffix('.') for prefix in SECTIONS.values()}
    print(json.dumps({'params': sorted(params - sections), 'files': sorted(read - written)}))


if __name__ == '__main__':
    main(sys.argv[1])
