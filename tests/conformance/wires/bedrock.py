"""Bedrock's Converse, whose streams are binary."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from tests.conformance.wires.answer import JSON, PDF_64, PNG_64, WAV_64, Answer, Call, Said, Text, Wire
from tests.harness.oracles_bedrock import START, delta, ended, event, start, stop, streamed
from tests.harness.replies import Piece, Reply, StreamEvent

_CODES = {
    400: "ValidationException",
    403: "UnrecognizedClientException",
    404: "ResourceNotFoundException",
    429: "ThrottlingException",
    500: "InternalServerException",
}


class BedrockWire(Wire):
    """Blocks of content; text and thoughts begin without a start."""

    media: ClassVar[Mapping[str, JSON]] = {
        "image": {"image": {"format": "png", "source": {"bytes": PNG_64}}},
        "audio": {"audio": {"format": "wav", "source": {"bytes": WAV_64}}},
        "document": {"document": {"format": "pdf", "name": "document 1", "source": {"bytes": PDF_64}}},
    }
    native: ClassVar[Any] = {"role": "user", "content": [{"text": "Hi"}]}

    def whole(self, answer: Answer) -> JSON:
        message = {"role": "assistant", "content": [_block(one) for one in answer.said]}
        head = {"output": {"message": message}, "stopReason": _finish(answer)}
        return {**head, "usage": _usage(answer), "metrics": {"latencyMs": 7}}

    def events(self, answer: Answer) -> list[StreamEvent]:
        events: list[StreamEvent] = [START]
        for index, one in enumerate(answer.said):
            events += _deltas(index, one)
            if answer.ended or one is not answer.said[-1]:
                events.append(stop(index))
        if not answer.ended:
            return events
        return [*events, ended(_finish(answer)), event("metadata", usage=_usage(answer), metrics={"latencyMs": 7})]

    def stream(self, *events: StreamEvent) -> Reply:
        pieces: Any = events
        found: list[Piece] = list(pieces)
        return streamed(*found)

    def result(self, call: Call, text: str) -> JSON:
        return {"toolUseId": call.id, "content": [{"text": text}]}

    def failed(self, status: int) -> Reply:
        status = 403 if status == 401 else status  # AWS knows no 401
        return Reply.json({"message": "scripted error"}, status, headers={"x-amzn-errortype": _CODES[status]})


def _block(said: Said) -> JSON:
    if isinstance(said, Call):
        return {"toolUse": {"toolUseId": said.id, "name": said.name, "input": said.args}}
    if isinstance(said, Text):
        return {"text": said.whole}
    return {"reasoningContent": {"reasoningText": {"text": said.whole, "signature": "sig"}}}


def _deltas(index: int, said: Said) -> list[StreamEvent]:
    if isinstance(said, Call):
        begun = start(index, toolUse={"toolUseId": said.id, "name": said.name})
        return [begun, *(delta(index, toolUse={"input": piece}) for piece in said.pieces)]
    if isinstance(said, Text):
        return [delta(index, text=piece) for piece in said.pieces]
    thoughts = [delta(index, reasoningContent={"text": piece}) for piece in said.pieces]
    return [*thoughts, delta(index, reasoningContent={"signature": "sig"})]


def _finish(answer: Answer) -> str:
    return "tool_use" if answer.calls else "end_turn"


def _usage(answer: Answer) -> JSON:
    cached = answer.cached or 0
    usage: JSON = {"inputTokens": answer.input - cached, "outputTokens": answer.output}
    usage["totalTokens"] = answer.input + answer.output
    return usage if answer.cached is None else {**usage, "cacheReadInputTokens": cached}
