"""A web page that shows an answer while it streams, and can stop it. Uses a local model: no key, no network.

pip install starlette uvicorn
python examples/browser.py                              then open http://127.0.0.1:8000
MODEL=openai:gpt-4o-mini python examples/browser.py     another model
"""

import os
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse
from starlette.routing import Route

from mirascope_like import llm
from mirascope_like.integrations.asgi import EventStreamResponse

model = llm.model(os.environ.get("MODEL", "local:smollm2-135m"), max_tokens=300)


async def page(_: Request) -> FileResponse:
    return FileResponse(Path(__file__).with_suffix(".html"))


async def answer(request: Request) -> EventStreamResponse:
    return EventStreamResponse(model.stream_async(request.query_params["question"]))


app = Starlette(routes=[Route("/", page), Route("/answer", answer)])


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=8000)
