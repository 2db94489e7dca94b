"""A loopback server with OpenAI's files and batches, made from the reference of its API.

Sources: developers.openai.com/api/reference (files, batches, "request input" and "request output" objects).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, Self

from tests.harness.server import Reply, Request, Server

MODEL = "gpt-4o-mini"


def completion(text: str, model: str = MODEL) -> dict[str, Any]:
    """A chat completion, as in the reference."""
    message = {"role": "assistant", "content": text, "refusal": None}
    choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
    usage = {"prompt_tokens": 20, "completion_tokens": 10, "total_tokens": 30}
    shared = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": model}
    return {**shared, "choices": [choice], "usage": usage}


def echo(body: dict[str, Any]) -> dict[str, Any]:
    """Answer a chat request with its last text."""
    return completion(f"re {body['messages'][-1]['content']}", body["model"])


class FileServer:
    """Keeps files and batches. Each batch is in progress when it is first looked at, and completed afterwards.

    `answer` makes the response to a request; a number is the status of an error, and None means that the batch expired
    before the request.
    """

    def __init__(self, answer: Callable[[dict[str, Any]], Any] = echo, *, prefix: str = "/v1") -> None:
        self.answer = answer
        self.files: dict[str, bytes] = {}
        self.names: dict[str, str] = {}
        self.batches: list[dict[str, Any]] = []
        self.scripted: list[Callable[[Request], Reply | None]] = []
        """Functions that may reply in place of the server, once each."""
        self.slow = 1
        """How many times a batch is in progress when it is looked at."""
        self.cancelling = False
        """True if batches are cancelled by somebody else before they have answered anything."""
        self._prefix = prefix
        self._server = Server().reply_with(self._reply)
        self.url = f"{self._server.url}{prefix}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.close()

    @property
    def paths(self) -> list[str]:
        """The methods and paths of all requests."""
        return [f"{one.method} {self._path(one)}" for one in self._server.requests]

    @property
    def server(self) -> Server:
        """The server of the files and batches."""
        return self._server

    def _path(self, request: Request) -> str:
        return request.path.partition("?")[0].removeprefix(self._prefix)

    def inputs(self, number: int) -> list[dict[str, Any]]:
        """The requests of a batch."""
        return [json.loads(line) for line in self.files[self.batches[number]["input_file_id"]].splitlines()]

    def texts(self) -> list[list[str]]:
        """The texts of the requests of each batch, in order."""
        every = range(len(self.batches))
        return [sorted(one["body"]["messages"][-1]["content"] for one in self.inputs(number)) for number in every]

    def _reply(self, request: Request) -> Reply:
        if self.scripted and (reply := self.scripted[0](request)) is not None:
            self.scripted.pop(0)
            return reply
        return self.usual(request)

    def usual(self, request: Request) -> Reply:
        """The reply to a request without a script."""
        match request.method, self._path(request).strip("/").split("/"):
            case "POST", ["files"]:
                return Reply.json(self._upload(request.body))
            case "GET", ["files"]:
                listed = [{"id": id, "object": "file", "created_at": 1e10, "filename": name, "bytes": 1,
                           "purpose": "batch", "status": "processed"} for id, name in self.names.items()]  # fmt: skip
                return Reply.json({"object": "list", "data": listed, "has_more": False})
            case "GET", ["files", id, "content"]:
                return Reply((self.files[id],), headers={"content-type": "application/octet-stream"})
            case "POST", ["batches"]:
                return Reply.json(self.create(request.json))
            case "GET", ["batches"]:
                return Reply.json({"object": "list", "data": self.batches[::-1], "has_more": False})
            case "GET", ["batches", id]:
                return Reply.json(self._look(self._batch(id)))
            case "POST", ["batches", id, "cancel"]:
                self._batch(id)["status"] = "cancelling"
                return Reply.json(self._batch(id))
            case _:
                return Reply.error(404, f"no {request.path}")

    def _upload(self, form: bytes) -> dict[str, Any]:
        boundary = form.split(b"\r\n", 1)[0]
        parts = [one.split(b"\r\n\r\n", 1) for one in form.split(boundary)[1:-1]]
        (head, content) = next(part for part in parts if b"filename=" in part[0])
        assert any(b'name="purpose"' in head and b"batch" in value for head, value in parts)
        id = f"file-{len(self.files)}"
        self.files[id] = content.removesuffix(b"\r\n")
        found = re.search(rb'filename="([^"]+)"', head)
        assert found is not None
        self.names[id] = found[1].decode()
        return {"id": id, "object": "file", "bytes": len(content), "created_at": 1, "filename": self.names[id],
                "purpose": "batch", "status": "processed"}  # fmt: skip

    def create(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """A new batch, as the API creates it."""
        batch = {
            "id": f"batch_{len(self.batches)}", "object": "batch", "status": "validating", "created_at": 10_000_000_000,
            "errors": None, "output_file_id": None, "error_file_id": None, "looks": 0, **wanted,
        }  # fmt: skip
        self.batches.append(batch)
        return batch

    def _batch(self, id: str) -> dict[str, Any]:
        return next(one for one in self.batches if one["id"] == id)

    def _look(self, batch: dict[str, Any]) -> dict[str, Any]:
        batch["looks"] += 1
        if batch["status"] in ("validating", "cancelling") and batch["looks"] > self.slow:
            self._finish(batch)
        return batch

    def _finish(self, batch: dict[str, Any]) -> None:
        if self.cancelling:
            batch["status"] = "cancelling"
        good: list[dict[str, Any]] = []
        bad: list[dict[str, Any]] = []
        for line in self.files[batch["input_file_id"]].splitlines():
            wanted = json.loads(line)
            assert wanted["method"] == "POST"
            assert wanted["url"] == batch["endpoint"]
            answer = self.answer(wanted["body"]) if batch["status"] != "cancelling" else None
            made = {"id": "batch_req_1", "custom_id": wanted["custom_id"], "response": None, "error": None}
            if answer is None:
                what = "cancelled" if batch["status"] == "cancelling" else "expired"
                bad.append({**made, "error": {"code": f"batch_{what}", "message": f"This request was {what}."}})
            elif isinstance(answer, int):
                body = {"error": {"message": "no good", "type": "invalid_request_error", "param": None, "code": None}}
                bad.append({**made, "response": {"status_code": answer, "request_id": "r", "body": body}})
            else:
                good.append({**made, "response": {"status_code": 200, "request_id": "r", "body": answer}})
        for name, lines in (("output_file_id", good), ("error_file_id", bad)):
            if lines:
                batch[name] = id = f"file-{len(self.files)}"
                self.files[id] = b"\n".join(json.dumps(line).encode() for line in lines) + b"\n"
        expired = any(line["error"] is not None and line["error"]["code"] == "batch_expired" for line in bad)
        batch["status"] = "cancelled" if batch["status"] == "cancelling" else "expired" if expired else "completed"
