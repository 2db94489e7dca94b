"""MLflow: `autolog()` patches `create` of the SDKs' classes."""

from __future__ import annotations

from tempfile import TemporaryDirectory
from typing import ClassVar

import mlflow

from tests.conformance.wires.answer import JSON
from tests.tracers.tracer import BaseTracer


class Tracer(BaseTracer):
    measured: ClassVar = (
        r"(_id|_time|_unix_nano|_ms|traceRequestId|artifactLocation|sizeBytes)$",
        r"sizeStats\.",
        r"(traceInputs|request_preview)$",  # the beginning of what the spans tell, in the order of the arguments
    )

    def __init__(self) -> None:
        self.folder = TemporaryDirectory()
        mlflow.set_tracking_uri(f"sqlite:///{self.folder.name}/mlflow.db")
        mlflow.set_experiment(experiment_id=mlflow.create_experiment("test", f"{self.folder.name}/artifacts"))
        mlflow.openai.autolog()
        mlflow.anthropic.autolog()
        self.seen: set[str] = set()

    def collect(self) -> list[JSON]:
        mlflow.flush_trace_async_logging()
        traces = mlflow.search_traces(return_type="list", order_by=["timestamp_ms ASC"])
        new = [one for one in traces if one.info.trace_id not in self.seen]
        self.seen.update(one.info.trace_id for one in new)
        return [one.to_dict() for one in new]
