"""Loopback servers with the batches of Anthropic, Mistral, Gemini and Bedrock, made from their documentation.

Sources: Anthropic's reference of message batches; Mistral's of batch jobs and files; Google's of the Gemini Batch API
(`models.batchGenerateContent`, `batches.get`, `batches.list`, with `inlinedResponses`, or with `responsesFile`, and of
files, with resumable uploads);
AWS's guide of batch inference, and boto3's model of the service.
"""

from __future__ import annotations

import json
import re
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, Self
from urllib.parse import parse_qs, unquote

from tests.harness.server import Reply, Request, Server

NEVER = "2099-01-01T00:00:00Z"


class BatchServer(ABC):
    """Keeps batches. Each is in progress when it is first looked at, and has ended afterwards.

    `answer` makes the response to the text of a request; a number is the status of an error, and None means that the
    batch expired before the request.
    """

    def __init__(self, answer: Callable[[str], Any]) -> None:
        self.answer = answer
        self.batches: list[dict[str, Any]] = []
        """The batches, each with "texts", the texts of its requests by their names."""
        self.scripted: list[Callable[[Request], Reply | None]] = []
        """Functions that may reply in place of the server, once each."""
        self.looks: dict[str, int] = {}
        self.slow = 1
        """How many times a batch is in progress when it is looked at."""
        self.cancelling = False
        """True if batches are cancelled by somebody else before they have answered anything."""
        self._server = Server().reply_with(self._reply)
        self.url = self._server.url

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.close()

    @property
    def requests(self) -> list[Request]:
        """All requests."""
        return self._server.requests

    def texts(self) -> list[list[str]]:
        """The texts of the requests of each batch, in order."""
        return [sorted(batch["texts"].values()) for batch in self.batches]

    def cancelled(self) -> bool:
        """Whether a batch was cancelled."""
        return any(request.path.endswith(("cancel", "stop")) for request in self._server.requests)

    def _reply(self, request: Request) -> Reply:
        if self.scripted and (reply := self.scripted[0](request)) is not None:
            self.scripted.pop(0)
            return reply
        return self.usual(request)

    def usual(self, request: Request) -> Reply:
        """The reply to a request without a script."""
        return self.reply(request.method, request.path.partition("?")[0], request)

    @abstractmethod
    def reply(self, method: str, path: str, request: Request) -> Reply: ...

    @abstractmethod
    def create(self, request: Request) -> Any:
        """A new batch."""

    def looked(self, id: str) -> bool:
        """Count a look at a batch; whether it has ended."""
        self.looks[id] = self.looks.get(id, 0) + 1
        return self.looks[id] > self.slow

    def found(self, id: str) -> dict[str, Any]:
        """A batch by its id."""
        return next(one for one in self.batches if one["id"] == id)


class AnthropicServer(BatchServer):
    def reply(self, method: str, path: str, request: Request) -> Reply:
        match method, path.removeprefix("/v1/messages/batches").strip("/").split("/"):
            case "POST", [""]:
                return Reply.json(self.create(request))
            case "GET", [""]:
                data = [self._look(one) for one in self.batches[::-1]]
                return Reply.json({"data": data, "has_more": False, "first_id": None, "last_id": None})
            case "GET", [id, "results"]:
                lines = [json.dumps(self._result(*one)).encode() for one in self.found(id)["texts"].items()]
                return Reply((b"\n".join(lines) + b"\n",), headers={"content-type": "application/x-jsonl"})
            case _, [id, *_]:
                return Reply.json(self._look(self.found(id)))
            case _:
                return Reply.error(404)

    def create(self, request: Request) -> Any:
        wanted = request.json["requests"]
        assert all(re.fullmatch("[a-zA-Z0-9_-]{1,64}", one["custom_id"]) for one in wanted)
        texts = {one["custom_id"]: one["params"]["messages"][-1]["content"] for one in wanted}
        self.batches.append({"id": f"msgbatch_{len(self.batches)}", "texts": texts})
        return self._shown(self.batches[-1], ended=False)

    def _look(self, batch: dict[str, Any]) -> dict[str, Any]:
        return self._shown(batch, ended=self.looked(batch["id"]))

    def _shown(self, batch: dict[str, Any], *, ended: bool) -> dict[str, Any]:
        total, none = len(batch["texts"]), {"canceled": 0, "errored": 0, "expired": 0, "succeeded": 0, "processing": 0}
        return {
            "id": batch["id"],
            "type": "message_batch",
            "created_at": NEVER,
            "expires_at": NEVER,
            "processing_status": "ended" if ended else "in_progress",
            "request_counts": none | {"succeeded" if ended else "processing": total},
            "results_url": f"{self.url}/v1/messages/batches/{batch['id']}/results" if ended else None,
            **dict.fromkeys(("archived_at", "ended_at")),
            "cancel_initiated_at": NEVER if self.cancelling else None,
        }

    def _result(self, name: str, text: str) -> dict[str, Any]:
        answer = None if self.cancelling else self.answer(text)
        if answer is None:
            return {"custom_id": name, "result": {"type": "canceled" if self.cancelling else "expired"}}
        if isinstance(answer, int):
            error = {"type": "invalid_request_error" if answer == 400 else "api_error", "message": "no good"}
            result = {"type": "errored", "error": {"type": "error", "error": error, "request_id": "r"}}
            return {"custom_id": name, "result": result}
        return {"custom_id": name, "result": {"type": "succeeded", "message": answer}}


class MistralServer(BatchServer):
    def __init__(self, answer: Callable[[str], Any]) -> None:
        super().__init__(answer)
        self.files: dict[str, bytes] = {}

    def reply(self, method: str, path: str, request: Request) -> Reply:
        match method, path.removeprefix("/v1/").split("/"):
            case "POST", ["files"]:
                return Reply.json(self._upload(request.body))
            case "GET", ["files", id, "content"]:
                return Reply((self.files[id],), headers={"content-type": "application/octet-stream"})
            case "POST", ["batch", "jobs"]:
                return Reply.json(self.create(request))
            case "GET", ["batch", "jobs"]:
                data = [self._shown(one) for one in self.batches]
                return Reply.json({"object": "list", "total": len(data), "data": data})
            case _, ["batch", "jobs", id, *_]:
                if self.looked(id):
                    self._finish(self.found(id))
                return Reply.json(self._shown(self.found(id)))
            case _:
                return Reply.error(404)

    def _upload(self, form: bytes) -> dict[str, Any]:
        content = next(line for line in form.split(b"\r\n\r\n") if line.startswith(b'{"custom_id"'))
        id = f"00000000-0000-0000-0000-{len(self.files):012}"
        self.files[id] = content.partition(b"\r\n")[0]
        return {"id": id, "object": "file", "bytes": 1, "created_at": 1, "filename": "f", "purpose": "batch",
                "sample_type": "batch_request", "source": "upload"}  # fmt: skip

    def create(self, request: Request) -> Any:
        wanted = request.json
        assert wanted["endpoint"] == "/v1/chat/completions"
        lines = [json.loads(line) for line in self.files[wanted["input_files"][0]].splitlines()]
        assert all("model" not in line["body"] for line in lines)
        texts = {line["custom_id"]: line["body"]["messages"][-1]["content"] for line in lines}
        batch = {"id": f"job-{len(self.batches)}", "texts": texts, "wanted": wanted, "status": "QUEUED", "files": {}}
        self.batches.append(batch)
        return self._shown(batch)

    def _shown(self, batch: dict[str, Any]) -> dict[str, Any]:
        counts = dict.fromkeys(("total", "completed", "succeeded", "failed"), len(batch["texts"]))
        return {
            "id": batch["id"],
            "object": "batch",
            "status": batch["status"],
            "errors": [],
            "created_at": 1,
            **{key: batch["wanted"][key] for key in ("input_files", "endpoint", "model", "metadata")},
            **{f"{name}_requests": count for name, count in counts.items()},
            **batch["files"],
        }

    def _finish(self, batch: dict[str, Any]) -> None:
        if batch["files"]:
            return
        lines: dict[str, list[dict[str, Any]]] = {"output_file": [], "error_file": []}
        batch["status"] = "CANCELLED" if self.cancelling else "SUCCESS"
        for name, text in () if self.cancelling else batch["texts"].items():
            answer, made = self.answer(text), {"id": "b", "custom_id": name, "error": None}
            if answer is None:
                batch["status"] = "TIMEOUT_EXCEEDED"
            elif isinstance(answer, int):
                body = {"object": "error", "message": "no good", "type": "invalid_request_error", "code": None}
                lines["error_file"].append({**made, "response": {"status_code": answer, "body": body}})
            else:
                lines["output_file"].append({**made, "response": {"status_code": 200, "body": answer}})
        for kind, found in lines.items():
            if found:
                batch["files"][kind] = id = f"00000000-0000-0000-0000-{len(self.files):012}"
                self.files[id] = b"\n".join(json.dumps(line).encode() for line in found)


class GeminiServer(BatchServer):
    def __init__(self, answer: Callable[[str], Any]) -> None:
        super().__init__(answer)
        self.files: dict[str, bytes] = {}
        """Files that were uploaded, and those of results."""

    def reply(self, method: str, path: str, request: Request) -> Reply:
        if path.startswith("/upload/"):
            return self._upload(request)
        path = re.sub(r"^/v1\w*/", "", path)
        if path.endswith(":download"):
            assert "alt=media" in request.path
            return Reply((self.files[path.removesuffix(":download")],), framing="length")
        if path.endswith(":batchGenerateContent"):
            return Reply.json(self.create(request))
        if path == "batches":
            return Reply.json({"operations": [self._shown(one, ended=False) for one in self.batches]})
        id, _, verb = path.partition(":")
        return Reply.json({} if verb == "cancel" else self._shown(self.found(id), ended=self.looked(id)))

    def _upload(self, request: Request) -> Reply:
        """A resumable upload: the start, and all of its bytes at once."""
        command = request.headers["x-goog-upload-command"]
        if command == "start":
            assert request.headers["x-goog-upload-header-content-type"] == "application/jsonl"
            headers = {"x-goog-upload-url": f"{self.url}/upload/v1beta/files?upload_id=1"}
            return Reply((b"{}",), headers=headers, framing="length")
        assert command == "upload, finalize"
        name = f"files/{len(self.files)}"
        self.files[name] = request.body
        file = {"name": name, "mimeType": "application/jsonl", "sizeBytes": str(len(request.body)), "state": "ACTIVE"}
        body = json.dumps({"file": file}).encode()
        return Reply((body,), headers={"x-goog-upload-status": "final"}, framing="length")

    def create(self, request: Request) -> Any:
        wanted = request.json["batch"]
        source = wanted["inputConfig"]
        if (file := source.get("fileName")) is not None:
            requests = [json.loads(line) for line in self.files[file].splitlines()]
            named = {one["key"]: one["request"] for one in requests}
        else:
            named = {one["metadata"]["key"]: one["request"] for one in source["requests"]["requests"]}
        texts = {name: one["contents"][-1]["parts"][0]["text"] for name, one in named.items()}
        batch = {"id": f"batches/{len(self.batches)}", "texts": texts, "name": wanted["displayName"], "file": file}
        self.batches.append(batch)
        return self._shown(batch, ended=False)

    def _shown(self, batch: dict[str, Any], *, ended: bool) -> dict[str, Any]:
        metadata: dict[str, Any] = {"displayName": batch["name"], "createTime": NEVER, "state": "BATCH_STATE_RUNNING"}
        if ended:
            made = [self._result(*one) for one in batch["texts"].items()]
            responses = [one for one in made if one is not None]
            expired = len(responses) < len(made)
            metadata["state"] = "BATCH_STATE_EXPIRED" if expired else "BATCH_STATE_SUCCEEDED"
            if self.cancelling:
                metadata["state"] = "BATCH_STATE_CANCELLED"
                return {"name": batch["id"], "metadata": metadata, "done": True}
            metadata["output"] = {"inlinedResponses": {"inlinedResponses": responses}}
            if batch["file"] is not None:
                name = f"{batch['file']}-results"
                lines = [{"key": one.pop("metadata")["key"], **one} for one in responses]
                self.files[name] = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
                metadata["output"] = {"responsesFile": name}
        return {"name": batch["id"], "metadata": metadata, "done": ended}

    def _result(self, name: str, text: str) -> dict[str, Any] | None:
        answer = self.answer(text)
        if answer is None:
            return None
        if isinstance(answer, int):
            return {"error": {"code": 3 if answer == 400 else 13, "message": "no good"}, "metadata": {"key": name}}
        return {"response": answer, "metadata": {"key": name}}


class BedrockServer(BatchServer):
    """S3 and Bedrock. For requests in the native format of a model, `answer` receives the whole request."""

    def __init__(self, answer: Callable[[Any], Any]) -> None:
        super().__init__(answer)
        self.files: dict[str, bytes] = {}

    def reply(self, method: str, path: str, request: Request) -> Reply:
        match method, unquote(path).strip("/").split("/"):
            case "POST", ["model-invocation-job"]:
                return Reply.json(self.create(request))
            case "GET", ["model-invocation-jobs"]:
                return Reply.json({"invocationJobSummaries": [self._shown(one) for one in self.batches]})
            case "GET", ["model-invocation-job", *id]:
                if self.looked("/".join(id)):
                    self._finish(self.found("/".join(id)))
                return Reply.json(self._shown(self.found("/".join(id))))
            case "POST", ["model-invocation-job", *_, "stop"]:
                return Reply.json({})
            case "PUT", [*key]:
                self.files["/".join(key[1:])] = b"\n".join(re.findall(rb"^\{.*\}$", request.body, re.MULTILINE))
                return Reply(headers={"etag": "e"}, framing="length")
            case _, [_]:
                prefix = parse_qs(request.path.partition("?")[2])["prefix"][0]
                keys = [key for key in self.files if key.startswith(prefix)]
                listed = "".join(f"<Contents><Key>{key}</Key></Contents>" for key in keys)
                body = f"<ListBucketResult><IsTruncated>false</IsTruncated>{listed}</ListBucketResult>".encode()
                return Reply((body,), headers={"content-type": "application/xml"}, framing="length")
            case _, [*key]:
                return Reply((self.files["/".join(key[1:])],), framing="length")

    def create(self, request: Request) -> Any:
        wanted = request.json
        assert wanted["modelInvocationType"] in ("Converse", "InvokeModel")
        assert re.fullmatch(r"[a-zA-Z0-9]{1,63}(-*[a-zA-Z0-9\+\-\.]){0,63}", wanted["jobName"])
        key = wanted["inputDataConfig"]["s3InputDataConfig"]["s3Uri"].removeprefix("s3://bucket/")
        lines = [json.loads(line) for line in self.files[key].splitlines()]
        texts = {line["recordId"]: line["modelInput"] for line in lines}
        if wanted["modelInvocationType"] == "Converse":
            assert not any("toolConfig" in request for request in texts.values())
            texts = {name: request["messages"][-1]["content"][0]["text"] for name, request in texts.items()}
        id = f"arn:aws:bedrock:us-east-1:123456789012:model-invocation-job/{len(self.batches):012}"
        self.batches.append({"id": id, "texts": texts, "wanted": wanted, "status": "InProgress"})
        return {"jobArn": id}

    def _shown(self, batch: dict[str, Any]) -> dict[str, Any]:
        wanted = {name: one for name, one in batch["wanted"].items() if name != "clientRequestToken"}
        return {**wanted, "jobArn": batch["id"], "status": batch["status"], "submitTime": NEVER}

    def _finish(self, batch: dict[str, Any]) -> None:
        if self.cancelling:
            batch["status"] = "Stopped"
            return
        lines, batch["status"] = list[Any](), "Completed"
        for name, text in batch["texts"].items():
            answer = self.answer(text)
            made: dict[str, Any] = {"recordId": name, "modelInput": {}}
            if answer is None:
                batch["status"] = "Expired"
            elif isinstance(answer, int):
                lines.append({**made, "error": {"errorCode": answer, "errorMessage": "no good"}})
            else:
                lines.append({**made, "modelOutput": answer})
        folder = batch["wanted"]["outputDataConfig"]["s3OutputDataConfig"]["s3Uri"].removeprefix("s3://bucket/")
        self.files[f"{folder}id/input.jsonl.out"] = "\n".join(map(json.dumps, lines)).encode()
