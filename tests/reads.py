"""Run one stage and print what it reads: python -m tests.reads STAGE

The last line is JSON: the names of the `params`, such as data.source, and the `files` of the project that it reads
without having written them itself, except code and params.yaml.
"""

import json
import runpy
import sys
from pathlib import Path

from stages.common.params import Section, StageParams
from stages.report.__main__ import Params

SECTIONS = {
    field.annotation: f'{name}.' for name, field in Params.model_fields.items()
    if isinstance(field.annotation, type) and issubclass(field.annotation, Section)
}  # fmt: skip
# Finished trainings are not declared: their names depend on everything that affects them. By dvc.lock, a stage empties
# metrics of other inputs, and removes a report of other photos, which changes no output of its own.
LEFT_OUT = ('.dvc', '.git', '.venv', 'data/trainings', 'dvc.lock', 'metrics/report.html', 'params.yaml', 'tests')


def main(stage: str) -> None:
    """Run the stage and record everything that it reads."""
    params, loaded, read, written = set(), set(), set(), set()
    get = Section.__getattribute__

    def recorded(section: Section, name: str) -> object:
        # Not isinstance, which would read the section's __class__.
        of_stage, value = issubclass(type(section), StageParams), get(section, name)
        is_param = name in type(section).model_fields
        if of_stage and isinstance(value, Section):
            loaded.add(id(value))
        elif of_stage and (is_param or name == 'model_dump'):
            params.update([name] if is_param else [f'{field}.' for field in type(section).model_fields])
        elif id(section) in loaded and (is_param or name == 'model_dump'):
            prefix = SECTIONS[type(section)]
            params.update(f'{prefix}{field}' for field in ([name] if is_param else type(section).model_fields))
        return value

    def opened(event: str, arguments: tuple) -> None:
        if event == 'open' and isinstance(arguments[0], str | Path):
            path = Path(arguments[0]).absolute()
            if path.is_relative_to(Path.cwd()) and path.suffix not in ('.py', '.pyc'):
                writes = set(str(arguments[1])) & set('wax+') or '.draft-' in str(path)
                (written if writes else read).add(path.relative_to(Path.cwd()).as_posix())

    sys.addaudithook(opened)
    Section.__getattribute__ = recorded
    sys.argv[1:] = []  # the stage takes arguments for its own
    # As the main module, in which pydantic looks for the texts of params on Python 3.13.
    runpy.run_module(f'stages.{stage}', run_name='__main__', alter_sys=True)
    files = [name for name in read - written if not name.startswith(LEFT_OUT) and (Path.cwd() / name).is_file()]
    print(json.dumps({'params': sorted(name.removesuffix('.') for name in params), 'files': sorted(files)}))


if __name__ == '__main__':
    main(sys.argv[1])
