"""Sends what the flow of a call that does not stream asks for: requests, and tools to run."""

from __future__ import annotations

from time import time
from typing import Any

from ..flows import RunTools
from ..provider import Provider
from ..request import Request, other_calls


def send(provider: Provider[Any, Any, Any], request: Request | RunTools) -> Any:
    """Send a request; return the response. Runs the tools of a `RunTools` instead; returns their results."""
    if isinstance(request, RunTools):
        with other_calls():
            return request.loop.run(request.tools)
    payload = provider.payload(request)
    start = time() * 1000
    try:
        raw = provider.send(request, payload)
        provider.check(request, raw)
    except Exception as error:
        raise provider.failure(error, request)
    return provider.respond(request, payload, raw, start, time() * 1000)


async def asend(provider: Provider[Any, Any, Any], request: Request | RunTools) -> Any:
    """Async version of `send`."""
    if isinstance(request, RunTools):
        with other_calls():
            return await request.loop.arun(request.tools)
    payload = provider.payload(request)
    start = time() * 1000
    try:
        raw = await provider.asend(request, payload)
        provider.check(request, raw)
    except Exception as error:
        raise provider.failure(error, request)
    return provider.respond(request, payload, raw, start, time() * 1000)
