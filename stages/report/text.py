"""How numbers become text: the formats that all tables and sentences share."""

from collections.abc import Sequence


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
