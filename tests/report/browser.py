"""Pages in a headless Chromium or Chrome, judged by the browser and axe-core."""

import json
import re
import shutil
import subprocess
from pathlib import Path

from tests.clone import ROOT

BROWSER = next(filter(None, map(shutil.which, ('chromium', 'chromium-browser', 'google-chrome', 'chrome'))), None)
SCRIPT = ROOT / '.venv' / 'node_modules' / 'axe-core' / 'axe.min.js'
AXE = SCRIPT.is_file()
SCHEMES = ('light', 'dark')
FLAGS = (
    '--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--disable-quic', '--no-first-run',
    '--disable-background-networking', '--disable-component-update', '--disable-sync', '--window-size=1400,1000',
)  # fmt: skip
# Reports what a reader would see of the page to the frame around it.
PROBE = """<script>
onload = async () => {
  const root = document.documentElement, pictures = [...document.images];
  const judge = window.axe ? await axe.run() : {violations: [], passes: []};
  parent.postMessage(JSON.stringify({
    width: innerWidth,
    beyond: root.scrollWidth - root.clientWidth,
    pictures: pictures.length,
    missing: pictures.filter(picture => !picture.naturalWidth).length,
    requests: performance.getEntriesByType('resource').map(entry => entry.name).filter(name => !/^data:/.test(name)),
    scheme: matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light',
    passes: judge.passes.length,
    violations: judge.violations.map(violation => violation.id),
  }), '*');
};
</script></body>"""
FRAME = """<!DOCTYPE html><script>onmessage = message => document.body.append(`found ${message.data} end`)</script>
<iframe src="page.html" style="width: %dpx; height: 900px; border: 0"></iframe>"""


def measure(page: str, folder: Path, width: int, scheme: str) -> dict:
    """Return what PROBE reports of a page in a window of `width` pixels with a preferred `scheme` of SCHEMES."""
    # The page forbids all scripts, including those of the probe.
    page = re.sub('<meta http-equiv="Content-Security-Policy".*?>', '', page)
    axe = f'<script>{SCRIPT.read_text(encoding="utf-8")}</script>' if AXE else ''
    (folder / 'page.html').write_text(page.replace('</body>', axe + PROBE), encoding='utf-8')
    # Headless windows have a minimum width, so the page is in a frame of the requested width.
    (folder / 'frame.html').write_text(FRAME % width)
    setting = f'--blink-settings=preferredColorScheme={1 - SCHEMES.index(scheme)}'
    shown = _browse(folder, 'frame.html', setting, '--virtual-time-budget=20000', '--dump-dom')
    report = re.search(r'found (\{.*?\}) end', shown.stdout.split('</iframe>')[-1])
    assert report, shown.stdout[-500:] + shown.stderr[-500:]
    return json.loads(report[1])


def console(page: str, folder: Path) -> list[str]:
    """Return the messages about a page on the console of the browser."""
    (folder / 'page.html').write_text(page, encoding='utf-8')
    shown = _browse(folder, 'page.html', '--enable-logging=stderr', '--virtual-time-budget=5000', '--dump-dom')
    return [line for line in shown.stderr.splitlines() if 'CONSOLE' in line]


def print_to_pdf(page: str, folder: Path) -> bytes:
    """Return a page as PDF."""
    (folder / 'page.html').write_text(page, encoding='utf-8')
    _browse(folder, 'page.html', f'--print-to-pdf={folder / "page.pdf"}')
    return (folder / 'page.pdf').read_bytes()


def _browse(folder: Path, name: str, *flags: str) -> subprocess.CompletedProcess:
    command = [BROWSER, *FLAGS, f'--user-data-dir={folder / "profile"}', *flags, (folder / name).as_uri()]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
