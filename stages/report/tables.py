"""Tables for people."""

from collections.abc import Sequence


def markdown_table(header: Sequence[str], rows: Sequence[Sequence[str]], left: Sequence[str] = ()) -> str:
    """Return a Markdown table: its first column and those named in `left` set to the left, others to the right."""
    rule = ['---' if name == header[0] or name in left else '--:' for name in header]
    lines = ([cell.replace('|', '\\|').replace('\n', ' ') for cell in cells] for cells in (header, rule, *rows))
    return ''.join(f'| {" | ".join(cells)} |\n' for cells in lines)


def percentage(share: float) -> str:
    """Return a share as a percentage with all its digits: 0.9995 is no 100%."""
    return f'{float(f"{100 * share:.10f}"):g}%'
