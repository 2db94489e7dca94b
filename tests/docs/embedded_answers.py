"""The embedded model, as the tests of the documentation ask it: what it has answered once, it answers again.

Computing the answers of all pages takes two minutes of CPU time. Each is in a file in `embedded/`, named after
its request. A request without a file goes to the model itself. After a change of a page, this writes the files again:

    rm -r tests/docs/embedded; MIRASCOPE_LIKE_DOCS=write pytest tests/docs

With `MIRASCOPE_LIKE_DOCS=real` no file is used: `nox -s documentation`.
"""

from __future__ import annotations

import http.client
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from tests.harness.clocks import PATIENCE
from tests.harness.server import Reply, Request, Server

FOLDER = Path(__file__).with_name("embedded")
MODE = os.environ.get("MIRASCOPE_LIKE_DOCS", "")


@dataclass(frozen=True, eq=False)
class Answering:
    """Stands for an `Engine`: its server has the answers in the files."""

    base_url: str
    anthropic_base_url: str
    api_key: str


def file_of(request: Request) -> Path:
    """The file of a request's answer: its name is made of path and JSON body."""
    asked = json.dumps([request.path, json.loads(request.body or b"null")], sort_keys=True)
    return FOLDER / f"{sha256(asked.encode()).hexdigest()[:16]}.json"


def reply_to(request: Request) -> Reply:
    """The answer of a file, or of the model."""
    file = file_of(request)
    if MODE or not file.exists():
        status, kind, body = computed(request)
        answer = {"path": request.path, "asked": json.loads(request.body or b"null")}
        answer |= {"status": status, "type": kind, "body": body.decode()}
        if MODE == "write":
            FOLDER.mkdir(exist_ok=True)
            file.write_text(json.dumps(answer, indent=0, ensure_ascii=False) + "\n", encoding="utf-8")
    else:
        answer = json.loads(file.read_text("utf-8"))
    headers = {"content-type": answer["type"]}
    whole = Reply((answer["body"].encode(),), answer["status"], headers)
    return whole.by_event() if answer["type"].startswith("text/event-stream") else whole


def computed(request: Request) -> tuple[int, str, bytes]:
    """What the model answers: status, content type and body."""
    from mirascope_like.core import local

    engine = local.engine("smollm2-135m", n_ctx=224)  # an example that sets no limit ends soon all the same
    headers = {"authorization": f"Bearer {engine.api_key}", "content-type": "application/json"}
    connection = http.client.HTTPConnection(engine.anthropic_base_url.removeprefix("http://"), timeout=10 * PATIENCE)
    try:
        connection.request(request.method, request.path, request.body, headers)
        reply = connection.getresponse()
        return reply.status, reply.headers["content-type"], reply.read()
    finally:
        connection.close()


@contextmanager
def answering() -> Iterator[Answering]:
    """A server with these answers, in place of an engine."""
    with Server() as server:
        server.reply_with(reply_to)
        yield Answering(f"{server.url}/v1", server.url, "key-of-the-embedded-model")
