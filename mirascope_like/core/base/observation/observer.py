"""`Observer`: the base class of everything that observes calls.

One mechanism serves logs, tracing and budgets. An observer is given to one call (`observe_call`), to all calls of a
context (`observe`) or to all calls of the process (`observe_process`). For each call there is one `ObservedCall`, with
an `ObservedRequest` for each request that was sent (each round of a tool loop, each retry, each fallback, each attempt
to correct a structured output), and an `ObservedTool` for each tool that a tool loop ran. All observers of a call
receive the same objects, in this order:

    call_started(call)
        check_request(request)      the only method whose error is raised: the request is then not sent
        request_started(request)
        first_chunk(request)        streams only
        request_read(request, events)   streams only, once for each network read
        request_ended(request)
        tool_started(tool), tool_ended(tool)    in the thread or task that runs the tool
        ... further requests and tools
    call_ended(call)                exactly once, however the call ended: `call.state` and `call.error` say how

`active(node)` returns a context manager that is entered wherever code runs for a call (its prompt function), for a
request (the SDK while it sends, and while it reads from the connection) or for a tool (its function), in the thread and
task in which it runs. It is never active between two chunks of a stream.

A method that a class does not define costs nothing. Without observers, a call only looks up one context variable. With
observers, the call's provider is wrapped (`provider_wrapper`), and so are its tool loop and the opened responses;
code of the engine does not branch.

A call that is made while the prompt function or a tool of another call runs has that call as its `parent`. A call that
is a fallback of another call's stream is a part of that call: its requests are requests of that call.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

from .hooks import BaseObserver, unused
from .observed_call import ObservedCall, ObservedRequest, ObservedTool


class Observer(BaseObserver):
    """Base class of observers. Define the methods that you need; all do nothing here.

    The methods run in the thread and task of the call, so they must be fast and must not wait. Errors of all methods
    except `check_request` are logged once for each observer and method, and do not change the call.
    """

    @unused
    def call_started(self, call: ObservedCall) -> None:
        """Called when a call begins, before its prompt function runs."""

    @unused
    def check_request(self, request: ObservedRequest) -> None:
        """Called before a request is sent. An error that it raises ends the call, and the request is not sent."""

    @unused
    def request_started(self, request: ObservedRequest) -> None:
        """Called when a request is being sent."""

    @unused
    def first_chunk(self, request: ObservedRequest) -> None:
        """Called when the first events of a stream have arrived."""

    @unused
    def request_read(self, request: ObservedRequest, events: Sequence[Any]) -> None:
        """Called for each network read of a stream that completes events, with these events: bytes, or objects of
        the SDK. They are not decoded yet.
        """

    @unused
    def request_ended(self, request: ObservedRequest) -> None:
        """Called when a request has ended: its response is complete, it failed, or its stream was left early."""

    @unused
    def tool_started(self, tool: ObservedTool) -> None:
        """Called when a tool loop begins to run a tool."""

    @unused
    def tool_ended(self, tool: ObservedTool) -> None:
        """Called when a tool of a tool loop has returned or raised an error."""

    @unused
    def call_ended(self, call: ObservedCall) -> None:
        """Called once when a call has ended."""

    @unused
    def active(self, node: ObservedCall | ObservedRequest | ObservedTool) -> AbstractContextManager[Any] | None:
        """Return a context manager to enter while code runs for a call, a request or a tool; None for none."""
        return None
