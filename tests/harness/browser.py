"""A headless Chromium, driven as a person would: with mouse and keyboard, through its DevTools protocol."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
from websockets.sync.client import ClientConnection, connect

from tests.harness.clocks import PATIENCE

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "headless_shell")
MISSING = "needs Chromium: install it (Debian's package is chromium), or name its program in CHROMIUM"
QUIET = (
    *("--headless=new", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-extensions"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"),
    *("--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1", "--no-proxy-server"),
)
"""What keeps it to itself and to this machine."""
REPORTS = frozenset(
    {
        *("Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded", "Audits.issueAdded"),
        *("Page.javascriptDialogOpening", "Network.loadingFailed"),
    }
)
"""The events of the DevTools protocol that a page without faults does not cause."""


def chromium() -> str | None:
    """Return the path of a Chromium, or None where there is none."""
    named = os.environ.get("CHROMIUM")
    return shutil.which(named) if named else next(filter(None, map(shutil.which, NAMES)), None)


_NAVIGATED = ("Inspected target navigated or closed", "Execution context was destroyed.")
"""The errors of Chromium for a page that another one has replaced before it has answered."""


class Navigated(Exception):
    """The page was replaced by another one."""


class Page:
    """A page, and the person in front of it."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._sent = 0
        self._events: list[dict[str, Any]] | None = None

    def go(self, address: str, lands: str | None = None) -> None:
        """Open an address, and wait until it has loaded, or until just the address `lands` has, to which it leads."""
        self._do("Page.navigate", url=address)
        there = (
            f"location.href.startsWith({json.dumps(address)})"
            if lands is None
            else f"location.href == {json.dumps(lands)}"
        )
        self.wait(f"document.readyState == 'complete' && {there}")

    def evaluate(self, expression: str) -> Any:
        """Return the value of an expression of JavaScript. If another page is just loading, it is asked."""
        while True:
            with suppress(Navigated):
                found = self._do("Runtime.evaluate", expression=expression, returnByValue=True)
                break
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def wait(self, expression: str, seconds: float = PATIENCE) -> Any:
        """Wait until an expression is true; return its value."""
        limit = time.monotonic() + seconds
        while not (value := self.evaluate(expression)):
            assert time.monotonic() < limit, f"not so within {seconds:g} seconds: {expression}; {self.text('body')!r}"
            time.sleep(0.01)
        return value

    def text(self, selector: str) -> str:
        """Return the text that can be seen in an element."""
        return str(self.evaluate(f"document.querySelector({json.dumps(selector)}).innerText"))

    def shows(self, selector: str, text: str) -> None:
        """Wait until just this text can be seen in an element."""
        self.wait(f"document.querySelector({json.dumps(selector)}).innerText == {json.dumps(text)}")

    def click(self, selector: str) -> None:
        """Click in the middle of an element, with the mouse."""
        corners = f"document.querySelector({json.dumps(selector)}).getBoundingClientRect().toJSON()"
        found = self.evaluate(corners)
        place = {"x": found["x"] + found["width"] / 2, "y": found["y"] + found["height"] / 2}
        for kind in ("mousePressed", "mouseReleased"):
            self._do("Input.dispatchMouseEvent", type=kind, button="left", clickCount=1, **place)

    def type(self, text: str) -> None:
        """Type into what has the focus."""
        self._do("Input.insertText", text=text)

    def watch(self) -> None:
        """Collect what the browser reports from now on, for `problems`."""
        if self._events is None:
            for domain in ("Page", "Runtime", "Log", "Network", "Audits"):
                self._do(f"{domain}.enable")
        self._events = []

    def problems(self) -> list[Any]:
        """Return what the browser has reported since `watch`: errors, messages of the console, dialogs, blocked
        requests, and breaches of a content security policy.
        """
        self.evaluate("0")  # what was reported before its answer has arrived
        return [event for event in self._events or () if event["method"] in REPORTS]

    def requested(self) -> list[str]:
        """Return the addresses that the page has requested since `watch`."""
        self.evaluate("0")
        sent = [event for event in self._events or () if event["method"] == "Network.requestWillBeSent"]
        return [event["params"]["request"]["url"] for event in sent]

    def look(self, width: int, *, dark: bool = False, height: int = 900) -> None:
        """Show the page on a screen of this width, in a light or dark scheme."""
        phone = width < 600
        self._do(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=2 if phone else 1,
            mobile=phone,
        )
        scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        self._do("Emulation.setEmulatedMedia", features=scheme)

    def picture(self) -> bytes:
        """Return what can be seen, as PNG."""
        return b64decode(self._do("Page.captureScreenshot", format="png")["data"])

    def _do(self, method: str, **params: Any) -> Any:
        self._sent += 1
        self._connection.send(json.dumps({"id": self._sent, "method": method, "params": params}))
        while True:
            answer = json.loads(self._connection.recv(timeout=20))
            if self._events is not None and "method" in answer:
                self._events.append(answer)
            if answer.get("id") == self._sent:
                if (error := answer.get("error", {})).get("message") in _NAVIGATED:
                    raise Navigated(error["message"])
                assert not error, error
                return answer["result"]


@contextmanager
def opened(program: str) -> Iterator[Page]:
    """Start a Chromium with an empty profile, yield its page, and end the browser afterwards."""
    with TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = [program, *QUIET, f"--user-data-dir={profile}", "--remote-debugging-port=0", "about:blank"]
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            command.insert(1, "--no-sandbox")  # it does not run as root with one
        environment = {**os.environ, "TMPDIR": profile}  # what it leaves behind goes with the profile
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            with connect(_address(process, Path(profile, "DevToolsActivePort")), max_size=None) as connection:
                yield Page(connection)
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _address(process: subprocess.Popen[bytes], port_file: Path) -> str:
    limit = time.monotonic() + 60
    while time.monotonic() < limit:
        assert process.poll() is None, f"Chromium ended with status {process.returncode}"
        if port_file.exists() and (lines := port_file.read_text().split()):
            targets = httpx.get(f"http://127.0.0.1:{lines[0]}/json/list", trust_env=False).json()
            if pages := [one for one in targets if one["type"] == "page"]:
                return str(pages[0]["webSocketDebuggerUrl"])
        time.sleep(0.05)
    raise AssertionError("Chromium did not say where it listens")
