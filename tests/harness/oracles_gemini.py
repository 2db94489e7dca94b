"""What a stream of Gemini's answers amounts to, by adding the events up plainly, with no idea of the library's."""

from __future__ import annotations

import json
from typing import Any

from tests.harness.recordings import Exchange
from tests.harness.replies import Reply

JSON = dict[str, Any]


def gemini_events(exchange: Exchange) -> list[JSON]:
    """The JSON events of a recorded stream."""
    blocks = exchange.response.body.decode().replace("\r\n", "\n").split("\n\n")
    return [json.loads(block.removeprefix("data: ")) for block in blocks if block.strip()]


def gemini_raw(exchange: Exchange) -> JSON:
    """The whole answer that a recorded exchange amounts to."""
    if exchange.stream:
        return sum_gemini(gemini_events(exchange))
    whole: JSON = json.loads(exchange.response.body)
    return whole


def sum_gemini(events: list[JSON]) -> JSON:
    """Parts in order, neighbouring texts as one; of anything else, key by key, the last word counts."""
    answer: JSON = {}
    for event in json.loads(json.dumps(events)):
        for candidate in event.pop("candidates", []):
            whole = answer.setdefault("candidates", [{}])[0]  # no recording has two
            content = candidate.pop("content", None)
            if content is not None:
                kept = whole.setdefault("content", {})
                for part in content.pop("parts", []):
                    _append(kept.setdefault("parts", []), part)
                kept.update(content)
            whole.update(candidate)
        if "usageMetadata" in event:
            answer["usageMetadata"] = {**answer.get("usageMetadata", {}), **event.pop("usageMetadata")}
        answer.update(event)
    return answer


def _append(parts: list[JSON], part: JSON) -> None:
    last = parts[-1] if parts else {}
    plain = set(part) <= {"text", "thought"} and set(last) <= {"text", "thought"} and "text" in part and "text" in last
    if plain and part.get("thought") == last.get("thought"):
        last["text"] += part["text"]
    else:
        parts.append(part)


def gemini_text(raw: JSON) -> str:
    """The text of an answer, without thoughts."""
    candidate = raw["candidates"][0]
    parts = candidate.get("content", {}).get("parts", [])
    return "".join(part.get("text", "") for part in parts if not part.get("thought"))


def gemini_calls(raw: JSON) -> list[tuple[str | None, str, JSON]]:
    """The id, name and arguments of the calls in an answer."""
    calls = [part["functionCall"] for part in raw["candidates"][0]["content"]["parts"] if "functionCall" in part]
    return [(call.get("id"), call["name"], call.get("args", {})) for call in calls]


def gemini_event(*parts: JSON | str, finish: str | None = None, index: int = 0, **more: Any) -> JSON:
    """One event: these parts, of which a `str` is text."""
    content = {"role": "model", "parts": [{"text": part} if isinstance(part, str) else part for part in parts]}
    candidate: JSON = {"content": content, "index": index, **({"finishReason": finish} if finish else {})}
    usage = {"promptTokenCount": 3, "candidatesTokenCount": 5, "totalTokenCount": 8}
    return {"candidates": [candidate], "usageMetadata": usage, "modelVersion": "m-1", "responseId": "r-1", **more}


def crlf(*events: JSON) -> Reply:
    """A stream as Google frames it."""
    pieces = tuple(f"data: {json.dumps(event, ensure_ascii=False)}\r\n\r\n".encode() for event in events)
    return Reply(pieces, 200, {"content-type": "text/event-stream"})
