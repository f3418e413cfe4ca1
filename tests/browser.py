"""A headless Chromium over a pipe: pages are opened, asked, pressed and photographed for real.

The DevTools protocol by file descriptors 3 and 4, one JSON document a message, NUL between them: no
port, no driver, no package.
"""

import base64
import fcntl
import json
import os
import select
import shutil
import signal
import tempfile
import time
from pathlib import Path

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"),
    *("--no-first-run", "--disable-extensions", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--hide-scrollbars"),
    "--remote-debugging-pipe",
)
PATIENCE = 60.0  # seconds that an answer may take on a busy machine
KEYS = {  # code, number, and what it writes
    "ArrowLeft": ("ArrowLeft", 37, ""),
    "ArrowRight": ("ArrowRight", 39, ""),
    "Tab": ("Tab", 9, ""),
    "Enter": ("Enter", 13, "\r"),
    " ": ("Space", 32, " "),
}


class PageError(Exception):
    """What a page threw, or the browser refused."""


class Browser:
    """One browser with one page; a context manager."""

    def __enter__(self):
        self._home = tempfile.TemporaryDirectory(prefix="w2slens-browser-")
        (theirs_in, to), (back, theirs_out) = _high_pipe(), _high_pipe()
        actions = [
            (os.POSIX_SPAWN_DUP2, theirs_in, 3),
            (os.POSIX_SPAWN_DUP2, theirs_out, 4),
            (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
            (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
        ]
        command = [CHROMIUM, *FLAGS, f"--user-data-dir={self._home.name}", "about:blank"]
        self._pid = os.posix_spawn(CHROMIUM, command, os.environ, file_actions=actions, setpgroup=0)
        os.close(theirs_in)
        os.close(theirs_out)
        self._to, self._back, self._left, self._last = to, back, b"", 0
        self.events, self._session = [], None
        targets = self("Target.getTargets")["targetInfos"]
        page = next(one["targetId"] for one in targets if one["type"] == "page")
        attached = self("Target.attachToTarget", targetId=page, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self(f"{domain}.enable")
        return self

    def __exit__(self, *error):
        os.killpg(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)
        os.close(self._to)
        os.close(self._back)
        for _ in range(20):  # its children may still be writing
            try:
                self._home.cleanup()
                return
            except OSError:
                time.sleep(0.1)

    def __call__(self, method, **parameters):
        """Send a command of the protocol and wait for its answer; events are kept."""
        self._last += 1
        message = {"id": self._last, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        while (answer := self._next()).get("id") != self._last:
            self.events.append(answer)
        if "error" in answer:
            raise PageError(answer["error"])
        return answer["result"]

    def _next(self):
        while b"\0" not in self._left:
            if not select.select([self._back], [], [], PATIENCE)[0]:
                raise TimeoutError("the browser does not answer")
            self._left += os.read(self._back, 1 << 20)
        message, self._left = self._left.split(b"\0", 1)
        return json.loads(message)

    def open(self, page: Path):
        """Open a file, and wait until it has loaded and drawn."""
        self("Page.navigate", url=page.resolve().as_uri())
        while not self.ask("document.readyState === 'complete' && location.protocol === 'file:'"):
            time.sleep(0.01)
        return self

    def ask(self, expression):
        """Evaluate JavaScript in the page; promises are waited for."""
        found = self(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        if "exceptionDetails" in found:
            raise PageError(found["exceptionDetails"]["exception"].get("description"))
        return found["result"].get("value")

    def press(self, key, times=1):
        """Press a key as a person does."""
        code, number, text = KEYS[key]
        for _ in range(times):
            for kind in ("keyDown" if text else "rawKeyDown", "keyUp"):
                told = {"type": kind, "key": key, "code": code, "windowsVirtualKeyCode": number}
                self("Input.dispatchKeyEvent", text=text if kind == "keyDown" else "", **told)

    def write(self, text):
        """Type text into what has the focus."""
        self("Input.insertText", text=text)

    def look(self, width, height=900, *, scheme="light", reduced=False, media=""):
        """Take a size of the window, a colour scheme, and a medium."""
        features = [
            {"name": "prefers-color-scheme", "value": scheme},
            {"name": "prefers-reduced-motion", "value": "reduce" if reduced else "no-preference"},
        ]
        self("Emulation.setEmulatedMedia", media=media, features=features)
        self(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    def photograph(self, path: Path, *, whole=True):
        """Write the page as PNG."""
        found = self("Page.captureScreenshot", captureBeyondViewport=whole, format="png")
        path.write_bytes(base64.b64decode(found["data"]))

    def named(self, method):
        """Parameters of the events of a kind that came so far."""
        return [event["params"] for event in self.events if event.get("method") == method]


def _high_pipe():
    """Two ends of a pipe above the numbers that the browser's own ends get."""
    ends = os.pipe()
    high = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 20) for end in ends]
    for end in ends:
        os.close(end)
    return high
