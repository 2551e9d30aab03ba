"""Pages in a headless Chromium or Chrome, used as people do, and judged by axe-core."""

import base64
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from fcntl import F_DUPFD, fcntl
from pathlib import Path
from select import select

from tests.clone import ROOT

BROWSER = next(filter(None, map(shutil.which, ('chromium', 'chromium-browser', 'google-chrome', 'chrome'))), None)
SCRIPT = ROOT / '.venv' / 'node_modules' / 'axe-core' / 'axe.min.js'
AXE = SCRIPT.is_file()
SCHEMES = ('light', 'dark')
FLAGS = (
    '--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--disable-quic', '--no-first-run',
    '--disable-background-networking', '--disable-component-update', '--disable-sync',
)  # fmt: skip


class Tab:
    """A page in a headless browser, driven over its pipe: https://chromedevtools.github.io/devtools-protocol.

    `requests` are the addresses that the page asked for, other than data, and `messages` those on the console.
    """

    def __init__(self, folder: Path):
        self.downloads, self.requests, self.messages = folder / 'downloads', [], []
        self._rest, self._number, self._session, self._finished = b'', 0, None, 0
        (read, self._write), (self._read, write) = os.pipe(), os.pipe()
        # The browser reads from file 3 and writes to file 4, which may have other uses here.
        theirs, ours = (fcntl(number, F_DUPFD, 10) for number in (read, write))
        through = ['bash', '-c', f'exec "$@" 3<&{theirs} 4>&{ours} {theirs}<&- {ours}>&-', 'bash']
        command = [*through, BROWSER, *FLAGS, f'--user-data-dir={folder / "profile"}', '--remote-debugging-pipe']
        self.process = subprocess.Popen(
            command, pass_fds=(theirs, ours), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        for number in (read, write, theirs, ours):
            os.close(number)
        target = self.do('Target.createTarget', url='about:blank')['targetId']
        self._session = self.do('Target.attachToTarget', targetId=target, flatten=True)['sessionId']
        for domain in ('Page', 'Network', 'Runtime', 'Log'):
            self.do(f'{domain}.enable')

    def close(self) -> None:
        """End the browser."""
        self._session = None
        self.do('Browser.close')
        self.process.wait(60)

    def do(self, method: str, **params: object) -> dict:
        """Send a command and return its result."""
        self._number += 1
        command = {'id': self._number, 'method': method, 'params': params}
        command |= {'sessionId': self._session} if self._session else {}
        os.write(self._write, json.dumps(command).encode() + b'\0')
        answer = self._until(lambda message: message.get('id') == self._number)
        assert 'error' not in answer, answer
        return answer['result']

    def _until(self, holds: Callable[[dict], bool]) -> dict:
        """Return the first message of the browser for which something holds."""
        while not holds(message := self._next()):
            pass
        return message

    def _next(self) -> dict:
        """Return the next message of the browser, and note requests, errors and finished downloads."""
        while b'\0' not in self._rest:
            assert select([self._read], [], [], 60)[0], 'the browser does not answer'
            self._rest += os.read(self._read, 1 << 20)
        content, _, self._rest = self._rest.partition(b'\0')
        message = json.loads(content)
        match message.get('method'):
            case 'Network.requestWillBeSent':
                self.requests += [url] if not (url := message['params']['request']['url']).startswith('data:') else []
            case 'Runtime.exceptionThrown' | 'Log.entryAdded':
                self.messages.append(message['params'])
            case 'Browser.downloadProgress':
                self._finished += message['params']['state'] == 'completed'
        return message

    def open(self, path: Path, width: int = 1280, scheme: str = SCHEMES[0]) -> None:
        """Open a file in a window of `width` pixels with a preferred `scheme` of SCHEMES."""
        media = [{'name': 'prefers-color-scheme', 'value': scheme}]
        self.do('Emulation.setEmulatedMedia', features=media)
        self.do('Emulation.setDeviceMetricsOverride', width=width, height=900, deviceScaleFactor=1, mobile=False)
        self._load('Page.navigate', url=path.as_uri())

    def reload(self) -> None:
        """Load the page again."""
        self._load('Page.reload')

    def _load(self, method: str, **params: str) -> None:
        for noted in (self.requests, self.messages):
            noted.clear()
        self.do(method, **params)
        self._until(lambda message: message.get('method') == 'Page.loadEventFired')

    def run(self, script: str) -> object:
        """Return the value of an expression in the page."""
        result = self.do('Runtime.evaluate', expression=script, awaitPromise=True, returnByValue=True)
        assert 'exceptionDetails' not in result, result
        return result['result'].get('value')

    def press(self, key: str) -> None:
        """Press a key and release it."""
        text = {'text': key} if len(key) == 1 else {}
        self.do('Input.dispatchKeyEvent', type='keyDown', key=key, **text)
        self.do('Input.dispatchKeyEvent', type='keyUp', key=key)

    def click(self, selector: str) -> None:
        """Click on the first element that a CSS selector finds."""
        place = (
            f'(() => {{ const element = document.querySelector({json.dumps(selector)});'
            "element.scrollIntoView({block: 'center'}); const {x, y, width, height} = element.getBoundingClientRect();"
            'return [x + width / 2, y + height / 2] })()'
        )
        x, y = self.run(place)
        for kind in ('mousePressed', 'mouseReleased'):
            self.do('Input.dispatchMouseEvent', type=kind, x=x, y=y, button='left', clickCount=1)

    def choose(self, selector: str, value: str) -> None:
        """Choose a value of a select element."""
        chosen = f'document.querySelector({json.dumps(selector)})'
        self.run(f"{chosen}.value = {json.dumps(value)}; {chosen}.dispatchEvent(new Event('change'))")

    def text(self, selector: str) -> str:
        """Return the text of the first element that a CSS selector finds."""
        return self.run(f'document.querySelector({json.dumps(selector)}).innerText')

    def downloaded(self, selector: str) -> str:
        """Click on an element, and return the text of the file that is downloaded."""
        session, self._session = self._session, None
        self.do('Browser.setDownloadBehavior', behavior='allow', downloadPath=str(self.downloads), eventsEnabled=True)
        self._session = session
        self.click(selector)
        while not self._finished:
            self._next()
        self._finished = 0
        (file,) = self.downloads.iterdir()
        text = file.read_text(encoding='utf-8')
        file.unlink()
        return text

    def beyond(self) -> int:
        """Return by how many pixels the page is wider than the window."""
        return self.run('document.documentElement.scrollWidth - document.documentElement.clientWidth')

    def missing(self) -> list[str]:
        """Return the ends of the addresses of pictures that cannot be shown."""
        return self.run(
            'Promise.all([...document.images].map(image => {'
            "image.loading = 'eager'; return image.decode().then(() => [], () => [image.src.slice(-40)]) }))"
            '.then(missing => missing.flat())'
        )

    def violations(self) -> list[str]:
        """Return what axe-core finds, as the names of its rules with the elements that break them."""
        self.run(SCRIPT.read_text(encoding='utf-8') + ';0')
        return self.run(
            'axe.run().then(found => found.violations.flatMap('
            'rule => rule.nodes.map(node => `${rule.id}: ${node.html.slice(0, 200)}`)))'
        )

    def printed(self) -> bytes:
        """Return the page as PDF."""
        return base64.b64decode(self.do('Page.printToPDF')['data'])
