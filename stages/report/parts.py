"""Files of results as parts of one page: tables, drawings and pictures, with nothing left outside."""

import base64
import re
from pathlib import Path

from markdown_it import MarkdownIt
from markupsafe import Markup

# Raw HTML in a table, such as in the name of a file, is shown as it stands.
MARKDOWN = MarkdownIt('commonmark', {'html': False}).enable('table')


def markdown(text: str) -> Markup:
    """Return Markdown as HTML, with tables that scroll for themselves and header cells that say what they head."""
    html = MARKDOWN.render(text)
    html = re.sub(r'<th(?=[ >])', '<th scope="col"', html)
    html = html.replace('<table>', '<div class="scroll" role="group" aria-label="table" tabindex="0"><table>')
    return Markup(html.replace('</table>', '</table></div>'))


def drawing(path: Path, description: str) -> Markup:
    """Return an SVG file as an element of the page, described for those who do not see it."""
    svg = path.read_text(encoding='utf-8')
    svg = re.sub(r'<metadata>.*?</metadata>', '', svg[svg.index('<svg') :], flags=re.DOTALL)
    # Every drawing of Matplotlib brings this rule, and it would hold for the whole page.
    svg = re.sub(r'<style type="text/css">.*?</style>', '', svg, flags=re.DOTALL)
    # A name that another drawing has, too, would point into that one.
    svg = re.sub(r'(id="|href="#|url\(#)', rf'\g<1>{path.parent.name}-{path.stem}-', svg)
    label = Markup('<svg role="img" aria-label="{}" ').format(description)
    return Markup(svg.replace('<svg ', label, 1))


def picture(path: Path) -> str:
    """Return a PNG file as an address that holds all of it."""
    return f'data:image/png;base64,{base64.b64encode(path.read_bytes()).decode()}'
