"""Rows of a log: plausible ones, and ones of hostile texts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from mirascope_like.integrations.log import SQLiteLog

Row = dict[str, Any]
START = datetime(2026, 11, 1, 8, 0, tzinfo=UTC)


def row(number: int, /, **values: Any) -> Row:
    """Return the row of a call, with the values of `LoggedCall`."""
    begin = START + timedelta(minutes=number)
    return {
        "call_id": f"{number:032x}",
        "kind": "call",
        "function": "app.summarize",
        "provider": "openai",
        "model": "gpt-4o-mini",
        "state": "done",
        "datetime_utc": begin.isoformat(timespec="milliseconds"),
        "duration_ms": 1200,
        "prompt": f"Question {number}",
        "response_text": f"Answer {number}",
        "messages": [{"role": "user", "content": f"Question {number}"}],
        "input_tokens": 10,
        "output_tokens": 5,
        "cost": 0.001,
        "tags": {},
        **values,
    }


def written(path: Path, *rows: Row) -> Path:
    """Write rows to a log."""
    with SQLiteLog(path) as log:
        for start in range(0, len(rows), 5000):
            for one in rows[start : start + 5000]:
                log.write([one])
            assert log.flush()
    return path


IMAGE = "data:image/png;base64," + "iVBORw0KGgo" * 4000
MODELS = (("openai", "gpt-4o-mini", 3e-7), ("openai", "gpt-4o", 5e-6), ("anthropic", "claude-sonnet-4-5", 6e-6))
MORE = (("google", "gemini-2.5-flash", 8e-7), ("local", "smollm2-135m", 0.0))
FUNCTIONS = ("app.support.answer_ticket", "app.summarize", "jobs.nightly.extract_invoice", "app.search.rewrite_query")
PROMPTS = (
    "My order 4711 has not arrived, and the tracking page shows an error. What can I do?",
    "Summarize the meeting of 24 November in five sentences for the people who could not come.",
    "Extract number, date, total and currency of this invoice.",
    "Rewrite for a search engine: shoes that are warm but not too heavy, for hiking in autumn",
)


def plausible(count: int, seed: int = 1) -> Iterator[Row]:
    """Yield rows of an imagined team."""
    random = Random(seed)
    time = START
    for number in range(1, count + 1):
        time += timedelta(minutes=random.expovariate(1 / 40) * (0.4 if 8 <= time.hour < 18 else 3))
        which = random.choices(range(4), (6, 4, 2, 5))[0]
        provider, model, price = random.choices((*MODELS, *MORE), (8, 2, 4, 3, 1))[0]
        tokens_in, tokens_out = int(random.lognormvariate(6, 0.8)), int(random.lognormvariate(5, 0.7))
        first = int(random.lognormvariate(6, 0.4))
        duration = first + tokens_out * 9
        state = random.choices(("done", "failed", "closed"), (92, 4, 4))[0]
        streamed = random.random() < 0.6
        reads = max(2, tokens_out // 3)
        times = sorted(random.randint(first, duration) for _ in range(reads))
        yield row(
            number,
            function=FUNCTIONS[which],
            provider=provider,
            model=model,
            datetime_utc=time.isoformat(timespec="milliseconds"),
            state=state,
            error="RateLimitError: openai: Rate limit reached for gpt-4o: limit 30000 tokens per minute"
            if state == "failed"
            else None,
            duration_ms=duration,
            streamed=streamed,
            first_ms=first if streamed else None,
            chunks=[[first, 1], *([one, random.randint(1, 4)] for one in times)] if streamed else None,
            prompt=PROMPTS[which],
            messages=[{"role": "user", "content": PROMPTS[which]}],
            response_text="Thank you for your message. " * 6 if state != "failed" else None,
            input_tokens=tokens_in if state == "done" else None,
            output_tokens=tokens_out if state == "done" else None,
            cost=(tokens_in + 4 * tokens_out) * price if state == "done" else None,
            tags={"team": random.choice(("support", "search", "billing")), "env": "prod"},
        )


def tool_call() -> list[Row]:
    """Return the rows of a call with a tool loop: the call, its first request, and a call that its tool made."""
    question = {"type": "text", "text": "Where is my order 4711? The photo shows the label."}
    image = {"type": "image_url", "image_url": {"url": IMAGE}}
    call = {"id": "call_1", "type": "function", "function": {"name": "find_order", "arguments": '{"number": 4711}'}}
    messages = [
        {"role": "system", "content": "You help customers of a shoe shop. Be brief and friendly."},
        {"role": "user", "content": [question, image]},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_1", "content": '{"state": "in transit", "eta": "2026-12-02"}'},
    ]
    chunks = [[420, 2], *([420 + 31 * index, 1 + index % 3] for index in range(1, 40)), [1990, 3]]
    common = {"function": "app.support.answer_ticket", "model": "gpt-4o", "system": messages[0]["content"]}
    ran = {"name": "find_order", "arguments": {"number": 4711}, "result": {"state": "in transit", "eta": "2026-12-02"}}
    return [
        row(
            900_001,
            **common,
            number=1,
            messages=messages,
            prompt=question["text"],
            streamed=True,
            reasoning="The order is in transit. I should give the date.",
            response_text="Your order is on its way.\n\nIt should arrive on **2 December**. Is there anything else?",
            first_ms=420,
            duration_ms=2040,
            chunks=chunks,
            conversation_id="customer-81",
            options={"temperature": 0.2, "max_tokens": 400},
            settings={"model": "gpt-4o", "temperature": 0.2, "max_tokens": 400, "stream": True},
            tools=["find_order", "refund"],
            arguments={"number": 4711},
            response_json={"id": "chatcmpl-1", "model": "gpt-4o-2024-11-20", "choices": [{"index": 0}]},
            resolved_model="gpt-4o-2024-11-20",
            finish_reason="stop",
            input_tokens=1480,
            output_tokens=58,
            token_details={"cached_tokens": 1024},
            cost=0.00428,
            tags={"team": "support", "env": "prod"},
        ),
        row(
            900_002,
            **common,
            kind="request",
            parent_id=f"{900_001:032x}",
            messages=messages[:2],
            prompt=question["text"],
            tool_calls=[ran],
            response_text="",
            finish_reason="tool",
            input_tokens=1400,
            output_tokens=18,
            cost=0.0037,
        ),
        row(900_003, parent_id=f"{900_001:032x}", function="app.search.rewrite_query", prompt="find order 4711"),
    ]


MARKS = (
    "<script>document.title='ran'</script>",
    '"><img src=x onerror="document.title=\'ran\'">',
    "'><svg onload=document.title='ran'>",
    "javascript:document.title='ran'",
    "</pre></details><iframe src=javascript:document.title='ran'></iframe>",
    "<style>body{display:none}</style><link rel=stylesheet href=//example.com/x.css><base href=//example.com>",
    "<!-- <![CDATA[ ]]> &lt;script&gt; &#x3c;script&#x3e; {{7*7}} ${7*7}",
    "\x1b[31mred\x1b[0m \x07\x00\x08 \x9b31m",
    "abc\u202egnp.exe\u202c \u2066x\u2069 \u200b\ufeff",
    "\r\n\r\nSet-Cookie: stolen=1",
)
"""Texts that attack a page, each for another place of it."""
HOSTILE = " ".join(MARKS)


def hostile() -> list[Row]:
    """Return rows in which every value that a person, a program or a model chose is hostile."""
    parts = [{"type": "text", "text": HOSTILE}, {"type": HOSTILE, "x": HOSTILE}]
    call = {"id": HOSTILE, "type": "function", "function": {"name": HOSTILE, "arguments": HOSTILE}}
    media = {"type": "image_url", "image_url": {"url": f"https://example.com/{HOSTILE}"}}
    messages = [
        {"role": "system", "content": HOSTILE},
        {"role": "user", "content": [*parts, media]},
        {"role": "assistant", "content": HOSTILE, "reasoning_content": HOSTILE, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": HOSTILE, "content": HOSTILE},
        {"role": HOSTILE, "content": HOSTILE},
    ]
    names = ("function", "provider", "model", "resolved_model", "prompt", "system", "response_text", "reasoning")
    values: Row = {
        **dict.fromkeys((*names, "error", "finish_reason", "conversation_id"), HOSTILE),
        "messages": messages,
        "arguments": {HOSTILE: HOSTILE},
        "options": {HOSTILE: HOSTILE},
        "settings": {HOSTILE: HOSTILE},
        "tools": [HOSTILE],
        "tool_calls": [{"name": HOSTILE, "arguments": {HOSTILE: HOSTILE}, "error": HOSTILE}],
        "response_json": {HOSTILE: [HOSTILE]},
        "tags": {HOSTILE[:200]: HOSTILE[:200]},
        "state": "failed",
        "chunks": [[10, 1], [20, 2]],
    }
    return [row(1, **values), row(2, **values, parent_id=f"{1:032x}"), row(3, state=HOSTILE, datetime_utc=HOSTILE)]
