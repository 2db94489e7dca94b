"""OpenAI's Responses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from tests.conformance.wires.answer import IMAGE_URL, JSON, PDF_64, PNG_64, Answer, Call, Said, Text, Wire
from tests.harness.replies import Reply, StreamEvent


class ResponsesWire(Wire):
    """Items of output: a message, a call or a summary of reasoning, each."""

    media: ClassVar[Mapping[str, JSON]] = {
        "image": {"type": "input_image", "image_url": f"data:image/png;base64,{PNG_64}", "detail": "auto"},
        "image url": {"type": "input_image", "image_url": IMAGE_URL, "detail": "auto"},
        "document": {
            "type": "input_file",
            "filename": "document.pdf",
            "file_data": f"data:application/pdf;base64,{PDF_64}",
        },
    }
    json_mode: ClassVar[JSON | None] = {"type": "json_object"}
    native: ClassVar[Any] = {"role": "user", "content": [{"type": "input_text", "text": "Hi"}]}

    def whole(self, answer: Answer) -> JSON:
        usage: JSON = {"input_tokens": answer.input, "output_tokens": answer.output}
        usage["total_tokens"] = answer.input + answer.output
        if answer.cached is not None:
            usage["input_tokens_details"] = {"cached_tokens": answer.cached}
        output = [_item(number, one) for number, one in enumerate(answer.said, 1)]
        return {**_head(answer), "status": "completed", "output": output, "usage": usage}

    def events(self, answer: Answer) -> list[StreamEvent]:
        head = {**_head(answer), "status": "in_progress", "output": []}
        events: list[JSON] = [
            {"type": "response.created", "response": head},
            {"type": "response.in_progress", "response": head},
        ]
        for index, one in enumerate(answer.said):
            ended = answer.ended or one is not answer.said[-1]
            events += _item_events(index, one, ended=ended)
        if answer.ended:
            events.append({"type": "response.completed", "response": self.whole(answer)})
        return [{**event, "sequence_number": number} for number, event in enumerate(events)]

    def stream(self, *events: StreamEvent) -> Reply:
        return Reply.messages(*events)

    def result(self, call: Call, text: str) -> JSON:
        return {"type": "function_call_output", "call_id": call.id, "output": text}


def _head(answer: Answer) -> JSON:
    return {"id": "msg_1", "object": "response", "created_at": 1.0, "model": answer.model}


def _item(number: int, said: Said) -> JSON:
    if isinstance(said, Call):
        call = {"type": "function_call", "id": f"fc_{number}", "call_id": said.id, "name": said.name}
        return {**call, "arguments": said.whole, "status": "completed"}
    if isinstance(said, Text):
        part = {"type": "output_text", "annotations": [], "text": said.whole}
        message = {"id": f"msg_{number}", "type": "message", "role": "assistant", "status": "completed"}
        return {**message, "content": [part]}
    return {"id": f"rs_{number}", "type": "reasoning", "summary": [{"type": "summary_text", "text": said.whole}]}


def _item_events(index: int, said: Said, *, ended: bool) -> list[JSON]:
    item = _item(index + 1, said)
    place = {"item_id": item["id"], "output_index": index}
    if isinstance(said, Call):
        empty = {**item, "arguments": "", "status": "in_progress"}
        kind, within = "function_call_arguments", place
        done: list[JSON] = [{"type": f"response.{kind}.done", **within, "arguments": said.whole, "name": said.name}]
        begun: list[JSON] = []
        more: JSON = {}
    elif isinstance(said, Text):
        empty = {**item, "status": "in_progress", "content": []}
        kind, within, part = "output_text", {**place, "content_index": 0}, item["content"][0]
        begun = [{"type": "response.content_part.added", **within, "part": {**part, "text": ""}}]
        done = [
            {"type": f"response.{kind}.done", **within, "text": said.whole, "logprobs": []},
            {"type": "response.content_part.done", **within, "part": part},
        ]
        more = {"logprobs": []}
    else:
        empty = {**item, "summary": []}
        kind, within, part = "reasoning_summary_text", {**place, "summary_index": 0}, item["summary"][0]
        begun = [{"type": "response.reasoning_summary_part.added", **within, "part": {**part, "text": ""}}]
        done = [
            {"type": f"response.{kind}.done", **within, "text": said.whole},
            {"type": "response.reasoning_summary_part.done", **within, "part": part},
        ]
        more = {}
    deltas = [{"type": f"response.{kind}.delta", **within, "delta": piece, **more} for piece in said.pieces]
    added: JSON = {"type": "response.output_item.added", "output_index": index, "item": empty}
    events = [added, *begun, *deltas]
    return (
        [*events, *done, {"type": "response.output_item.done", "output_index": index, "item": item}]
        if ended
        else events
    )


def response_events(*texts: str, finish: str | None = "completed") -> list[JSON]:
    """A Responses stream of these texts; `finish=None` leaves the end out."""
    found: Any = ResponsesWire().events(Answer(Text(*texts), ended=finish is not None))
    return list(found)


def response_whole(text: str) -> JSON:
    """The response that `response_events` streams."""
    return ResponsesWire().whole(Answer(text))
