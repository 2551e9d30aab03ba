"""Stage report: put everything that was found on one page, metrics/report.html."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from stages.common.errors import run_stage
from stages.common.files import METRICS, write_text
from stages.params import load_params
from stages.report.contents import contents
from stages.report.outdated import outdated

TEMPLATES = Path(__file__).parent


def main() -> None:
    """Run the stage."""
    templates = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    templates.filters['extract'] = lambda row, names: [row[name] for name in names]
    params = load_params().model_dump(exclude={'workers'})
    page = METRICS / 'report.html'
    parts = contents(METRICS, params, outdated(Path('dvc.lock'), Path('params.yaml')))
    write_text(page, templates.get_template('page.html').render(parts))
    print(f'The report: {page}')


if __name__ == '__main__':
    run_stage('report', main)
