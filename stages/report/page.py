"""Numbers and results as text, as Markdown and as parts of a page in one file that needs no other."""

import base64
import math
import platform
import re
import tomllib
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import version
from pathlib import Path

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markdown_it import MarkdownIt
from markupsafe import Markup

from stages.common.files import METRICS, Summary, read_json, read_summary
from stages.common.params import LABELS
from stages.dataset.faces import Faces, fingerprint
from stages.scores.scores import MIN_PHOTOS
from stages.trainings.plan import Sizes

FEW_TESTED = f'fewer than {MIN_PHOTOS} test faces of a label'
# Raw HTML in a table, such as in the name of a file, is shown as text.
MARKDOWN = MarkdownIt('commonmark', {'html': False}).enable('table')
LIBRARIES = ('numpy', 'scipy', 'scikit-learn', 'pillow', 'dlib-bin')


def current(stage: str, kind: type[Summary], made_from: str) -> Summary | None:
    """Return the summary of a stage, None where it has not run on what `made_from` is the fingerprint of."""
    path = METRICS / stage / 'summary.json'
    is_current = path.is_file() and read_json(path).get('made_from', made_from) == made_from
    return read_summary(path, kind) if is_current else None


def render(template: str, parts: dict) -> str:
    """Return a page with its parts, each None where there is no result; `template` is a file beside this one."""
    templates = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    return templates.get_template(template).render(parts)


def markdown(text: str) -> Markup:
    """Return Markdown as HTML, with tables that scroll by themselves and header cells with their scope."""
    html = re.sub(r'<th(?=[ >])', '<th scope="col"', MARKDOWN.render(text))
    html = html.replace('<table>', '<div class="scroll" role="group" aria-label="table" tabindex="0"><table>')
    return Markup(html.replace('</table>', '</table></div>'))


def drawing(draw: Callable[[Path], None], path: Path, description: str) -> Markup:
    """Draw a chart at `path`, a PNG file, and return its SVG twin as an element of the page, with a description."""
    draw(path)
    svg = path.with_suffix('.svg').read_text(encoding='utf-8')
    svg = re.sub(r'<metadata>.*?</metadata>', '', svg[svg.index('<svg') :], flags=re.DOTALL)
    # Every drawing of Matplotlib brings this rule, and it would apply to the whole page.
    svg = re.sub(r'<style type="text/css">.*?</style>', '', svg, flags=re.DOTALL)
    # A name that another drawing has, too, would refer to that one.
    svg = re.sub(r'(id="|href="#|url\(#)', rf'\g<1>{path.stem}-', svg)
    return Markup(svg.replace('<svg ', Markup('<svg role="img" aria-label="{}" ').format(description), 1))


def picture(draw: Callable[[Path], None], path: Path) -> str:
    """Draw a picture at `path`, a PNG file, and return a data URL of it."""
    draw(path)
    return f'data:image/png;base64,{base64.b64encode(path.read_bytes()).decode()}'


def header(data: dict, trigger: dict, seeds: dict[str, int], faces: Faces | None) -> list[tuple[str, str]]:
    """Return what the results are of: data and trigger, sections with a kind and its params; seeds; the faces.

    Neither a date nor a commit, so that the same results give the same page: the fingerprint says which faces they are.
    """
    facts = [
        ('data', _chosen(data['source'], data)),
        ('trigger', f'{_chosen(trigger["kind"], trigger)}, seed {trigger["seed"]}'),
        ('seeds', ', '.join(f'{name} {number}' for name, number in seeds.items())),
    ]
    if faces is None:
        return facts
    counts = ', '.join(f'{number:,} {label}' for label, number in zip(LABELS, np.bincount(faces.label), strict=True))
    return [*facts, ('faces', counts), ('fingerprint', fingerprint(faces, None)[:12])]


def _chosen(name: str, section: dict) -> str:
    """Return a kind of a section with its own params."""
    own = section[name]
    text = ', '.join(f'{key} {value}' for key, value in own.items()) if isinstance(own, dict) else str(own)
    return f'{name} ({text})'


def changed_params(params: dict, defaults: dict) -> list[tuple[str, object, object]]:
    """Return name, value and default of every param that does not have its default."""
    shipped = dict(_leaves(defaults))
    return [
        (name, value, shipped.get(name, '')) for name, value in sorted(_leaves(params)) if value != shipped.get(name)
    ]


def _leaves(content: dict, prefix: str = '') -> Iterator[tuple[str, object]]:
    for name, value in content.items():
        if isinstance(value, dict):
            yield from _leaves(value, f'{prefix}{name}.')
        else:
            yield f'{prefix}{name}', value


def versions() -> list[tuple[str, str]]:
    """Return the versions of this project, of Python and of the libraries that results depend on."""
    project = tomllib.loads(Path('pyproject.toml').read_text(encoding='utf-8'))['project']
    libraries = [(name, version(name)) for name in LIBRARIES]
    return [(project['name'], project['version']), ('Python', platform.python_version()), *libraries]


def markdown_table(header: Sequence[str], rows: Sequence[Sequence[str]], left: Sequence[str] = ()) -> str:
    """Return a Markdown table: its first column and those named in `left` set to the left, others to the right."""
    rule = ['---' if name == header[0] or name in left else '--:' for name in header]
    lines = ([cell.replace('|', '\\|').replace('\n', ' ') for cell in cells] for cells in (header, rule, *rows))
    return ''.join(f'| {" | ".join(cells)} |\n' for cells in lines)


def percentage(share: float) -> str:
    """Return a share as a percentage with all its digits: 0.9995 is not 100%."""
    return f'{float(f"{100 * share:.10f}"):g}%'


def points(share: float) -> str:
    """Return a difference of shares in points, such as '1 point'."""
    return f'{100 * share:g} point{"s" * (share != 0.01)}'


def too_few(margin: float, needed: float) -> str:
    """Say that there are too few faces for a margin, and about how many it needs: two digits, rounded up."""
    unit = 10 ** max(len(str(math.ceil(needed))) - 2, 0)
    return f'too few faces for a margin of {points(margin)}: about {math.ceil(needed / unit) * unit:,} are needed'


def too_few_tested(sizes: Sizes) -> str:
    """Say that too few faces are tested for any share of them to mean something, or nothing."""
    return FEW_TESTED if min(sizes.tested.values()) < MIN_PHOTOS else ''


def untrained(rates: Sequence[tuple[float, float]]) -> list[str]:
    """Say why poison rates were not trained, in one line, or in none where all were.

    `rates` are pairs of such a rate and the one that stands for it, 0 where it is no copy.
    """
    reasons = [
        f'{rate:.2%} is as many copies as {other:.2%}' if other else f'{rate:.2%} is less than one copy'
        for rate, other in rates
    ]
    return [f'too few faces to train all poison rates: {", ".join(reasons)}'] if reasons else []


def with_range(value: float, low: float, high: float, spec: str, scale: float = 1) -> str:
    """Return a value, scaled, with its interval or range: 'value (low to high)'."""
    value_text, low_text, high_text = (format(scale * number, spec) for number in (value, low, high))
    return f'{value_text} ({low_text} to {high_text})'


def change(difference: float, low: float, high: float) -> str:
    """Return a change of a share in points, with its interval."""
    return with_range(difference, low, high, '+z.1f', 100)


def number_or_blank(value: float | None, spec: str) -> str:
    """Return a number, or nothing for None."""
    return '' if value is None else format(value, spec)
