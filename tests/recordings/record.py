"""Records the embedded model: `python -m tests.recordings.record` writes the exchanges beside this file."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path
from typing import Any

from mirascope_like.core import local

FOLDER = Path(__file__).parent
QUESTION = {"role": "user", "content": "Recommend a fantasy book"}
ASKED: dict[str, dict[str, Any]] = {
    "/v1/chat/completions": {"temperature": 0, "stream_options": {"include_usage": True}},
    "/v1/messages": {"temperature": 0},
}


def record(path: str, *, stream: bool) -> dict[str, Any]:
    """Send a request to the embedded model, and return request and response."""
    engine = local.engine("smollm2-135m")
    body = {"model": "smollm2-135m", "messages": [QUESTION], "max_tokens": 24, "stream": stream, **ASKED[path]}
    if not stream:
        body.pop("stream_options", None)
    headers = {"content-type": "application/json", "authorization": f"Bearer {engine.api_key}"}
    request = urllib.request.Request(engine.anthropic_base_url + path, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request) as response:
        kind = response.headers["content-type"]
        return {
            "request": {"path": path, "body": body},
            "response": {"status": 200, "headers": {"content-type": kind}, "body": response.read().decode()},
        }


def main() -> None:
    """Write one file for each format: the streamed answer, and the same unstreamed."""
    for path in ASKED:
        exchanges = {"stream": record(path, stream=True), "whole": record(path, stream=False)}
        name = path.removeprefix("/v1/").replace("/", "-")
        (FOLDER / f"{name}.json").write_text(json.dumps(exchanges, indent=1) + "\n")


if __name__ == "__main__":
    main()
