"""Batches of Amazon Bedrock: files in S3. Source: AWS's guide of batch inference, and boto3's model of the service."""

from __future__ import annotations

import asyncio
import json
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from importlib import import_module
from typing import Any

from pydantic_core import to_jsonable_python

from ...core.base.errors import ConfigurationError
from ...core.base.parsing import as_object, encode_json
from .bedrock_tools import native_format
from .service import BatchLimits, BatchStatus, Outcome, ServiceBase, by_name
from .storage import BedrockStorage

_ENDED = frozenset({"Completed", "Failed", "Stopped", "PartiallyCompleted", "Expired"})
_INPUT, _OUTPUT = "input.jsonl", "output/"


class BedrockBatches(ServiceBase):
    """Bedrock's batches of Converse requests. boto3 has sync methods, which run in threads."""

    limits: BatchLimits = BatchLimits(50_000, 1_000_000_000)
    not_in_body: frozenset[str] = frozenset({"modelId"})
    refused: frozenset[str] = frozenset()
    operation = "Converse"
    """The operation of Bedrock whose requests are in the batches."""

    def __init__(self, provider: Any, client: Any, model: str, storage: BedrockStorage | None) -> None:
        super().__init__(provider, client, model)
        if storage is None:
            raise ConfigurationError(
                "the batches of Bedrock need bedrock=BedrockStorage(location='s3://...', role='arn:aws:iam::...')"
            )
        self._storage = storage
        self._bucket, _, folder = storage.location.removeprefix("s3://").strip("/").partition("/")
        self._folder = f"{folder}/" if folder else ""
        session: Any = storage.session or import_module("boto3.session").Session()
        region = client.meta.region_name
        self._jobs: Any = session.client("bedrock", region_name=region)
        self._files: Any = session.client("s3", region_name=region)

    @property
    def asynchronous(self) -> bool:
        return False

    def close(self) -> None:
        self._jobs.close()
        self._files.close()

    def line(self, name: str, payload: Mapping[str, Any]) -> bytes:
        line = {"recordId": name, "modelInput": self.body(payload)}
        return json.dumps(line, default=_as_json, separators=(",", ":")).encode() + b"\n"

    def response(self, output: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the response of Converse for the output of a model in the file of results."""
        return output

    async def upload(self, token: str, lines: Sequence[bytes]) -> Any:
        place = self._folder + token
        body = b"".join(lines)
        await self.call(self._files.put_object, Bucket=self._bucket, Key=f"{place}/{_INPUT}", Body=body)
        return f"s3://{self._bucket}/{place}"

    async def submit(self, token: str, uploaded: Any) -> str:
        made = await self.call(
            self._jobs.create_model_invocation_job,
            jobName=_name(token),
            clientRequestToken=token,  # the job is created once, however often this is sent
            roleArn=self._storage.role,
            modelId=self._model,
            modelInvocationType=self.operation,
            inputDataConfig={"s3InputDataConfig": {"s3Uri": f"{uploaded}/{_INPUT}"}},
            outputDataConfig={"s3OutputDataConfig": {"s3Uri": f"{uploaded}/{_OUTPUT}"}},
        )
        found: str = made["jobArn"]
        return found

    async def find(self, token: str, since: float, count: int) -> str | None:
        listed = await self.call(self._jobs.list_model_invocation_jobs, nameContains=token)
        return next((one["jobArn"] for one in listed["invocationJobSummaries"] if one["jobName"] == _name(token)), None)

    async def status(self, id: str) -> BatchStatus:
        job = await self.call(self._jobs.get_model_invocation_job, jobIdentifier=id)
        if "status" not in job:  # boto3 returns an empty dict for what is not JSON
            raise ValueError(f"the status of the batch {id!r} cannot be read")
        error = None
        if job["status"] == "Failed":
            error = _error(400, job.get("message") or "the batch has failed")
        return BatchStatus(
            job["status"] in _ENDED,
            error,
            cancelled=job["status"] == "Stopped",
            succeeded=job.get("successRecordCount") or 0,
            failed=job.get("errorRecordCount") or 0,
            found=job,
        )

    async def results(self, status: BatchStatus) -> dict[str, Outcome]:
        uri: str = status.found["outputDataConfig"]["s3OutputDataConfig"]["s3Uri"]
        bucket, _, folder = uri.removeprefix("s3://").partition("/")
        lines = await asyncio.to_thread(lambda: list(self._lines(bucket, folder)))
        return by_name(map(self._outcome, lines))

    def _lines(self, bucket: str, folder: str) -> Iterable[dict[str, Any]]:
        """Return the lines of all files of results, which are in a folder with the id of the job."""
        for page in self._files.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=folder):
            for one in page.get("Contents", ()):
                if one["Key"].endswith(".jsonl.out"):
                    content = self._files.get_object(Bucket=bucket, Key=one["Key"])["Body"].read()
                    yield from (json.loads(line) for line in content.splitlines() if line.strip())

    def _outcome(self, line: Mapping[str, Any]) -> tuple[str, Outcome]:
        name, error = str(line["recordId"]), as_object(line.get("error"))
        if error:
            return name, Outcome(error=_error(error.get("errorCode"), str(error.get("errorMessage"))))
        return name, Outcome(encode_json(self.response(line["modelOutput"])))

    async def cancel(self, id: str) -> None:
        await self.call(self._jobs.stop_model_invocation_job, jobIdentifier=id)


class BedrockToolBatches(BedrockBatches):
    """Bedrock's batches of requests with tools. Such requests are in the native format of their model."""

    operation = "InvokeModel"

    def __init__(self, provider: Any, client: Any, model: str, storage: BedrockStorage | None) -> None:
        self._format = native_format(model)
        super().__init__(provider, client, model, storage)

    def body(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        return self._format.encode(super().body(payload))

    def response(self, output: Mapping[str, Any]) -> Mapping[str, Any]:
        return self._format.decode(output)


def _as_json(value: Any) -> Any:
    return b64encode(value).decode() if isinstance(value, bytes) else to_jsonable_python(value)


def _name(token: str) -> str:
    return f"mirascope-like-{token}"


def _error(status: Any, text: str) -> Exception:
    """Return the error that boto3 raises for this status and text."""
    status = status if isinstance(status, int) else 500
    named = (
        "ThrottlingException" if status == 429 else "ValidationException" if status < 500 else "InternalServerException"
    )
    found = {"Error": {"Code": named, "Message": text}, "ResponseMetadata": {"HTTPStatusCode": status}}
    made: Exception = import_module("botocore.exceptions").ClientError(found, "Converse")
    return made
