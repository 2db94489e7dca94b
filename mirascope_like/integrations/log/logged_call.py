"""`LoggedCall`: one row of a log, and the typed response that is loaded from it."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from importlib import import_module
from typing import Any, Literal

from ...core.base.errors import StoreError
from ...core.base.response import BaseCallResponse, set_earlier_attempts, set_earlier_rounds

Row = dict[str, Any]
"""A row of a log as plain JSON values. Its keys are the fields of `LoggedCall`."""


@dataclass(kw_only=True)
class LoggedCall:
    """One row of a log: a call, or one request of a call.

    The row of a call (`kind` is "call") has its last request and response. Each earlier request of the call (rounds of
    a tool loop, retries, fallbacks, corrections of a structured output) is a row of its own (`kind` is "request") whose
    `parent_id` is the id of the call. So the tokens and costs of all rows together are those of all requests.

    Values are None if they are not known, and if the call was logged with `content=False`.
    """

    id: int = 0
    """The number of the row in its log; 0 for a row that is not in a log."""
    call_id: str
    """The id of the call or request: 32 hexadecimal digits, ordered by time."""
    parent_id: str | None = None
    """The `call_id` of the call whose prompt function or tool made this call, or of which this is a request."""
    kind: Literal["call", "request"] = "call"
    number: int = 0
    """The number of earlier requests of the same call."""
    conversation_id: str | None = None
    """The name of the session that made the call."""
    function: str = ""
    """The module and name of the function, such as "app.summarize"."""
    arguments: dict[str, Any] | None = None
    provider: str | None = None
    model: str | None = None
    """The model that was requested."""
    resolved_model: str | None = None
    """The model that the provider reports."""
    prompt: str | None = None
    """The text of the last message of the user."""
    system: str | None = None
    """The text of the system message."""
    messages: list[Any] | None = None
    """The messages of the request, in the provider's own format."""
    options: dict[str, Any] | None = None
    """The call parameters."""
    settings: dict[str, Any] | None = None
    """The keyword arguments of the SDK's method, without the messages. Headers and URL parameters are "***"."""
    tools: list[str] | None = None
    """The names of the offered tools."""
    tool_calls: list[Any] | None = None
    """The tools that the model called: name and arguments, and the result or error if a tool loop ran them."""
    response_text: str | None = None
    """The text of the response."""
    response_json: dict[str, Any] | None = None
    """The response as JSON, as the provider sent it; of a stream, the sum of its events."""
    reasoning: str | None = None
    """The model's thinking."""
    state: Literal["done", "closed", "failed"] = "done"
    """How the call ended. "closed": its stream was left early, or it was cancelled."""
    error: str | None = None
    """The class and the message of the error."""
    finish_reason: str | None = None
    """The reason why the generation ended, in the common form."""
    streamed: bool = False
    datetime_utc: str = ""
    """When the call began, in ISO 8601 format, UTC."""
    duration_ms: int | None = None
    """The milliseconds from begin to end."""
    first_ms: int | None = None
    """The milliseconds to the first events of a stream."""
    chunks: list[list[int]] | None = None
    """The time line of a stream: for each network read the milliseconds since the begin, and the number of events. In
    the row of a call with several requests, the reads are those of the last.
    """
    input_tokens: int | None = None
    output_tokens: int | None = None
    token_details: dict[str, int] | None = None
    """Other counts: cached_tokens, cache_write_tokens, reasoning_tokens."""
    cost: float | None = None
    """The cost in US dollars; None if it is unknown."""
    tags: dict[str, str] = field(default_factory=dict[str, str])
    fields: dict[str, Any] | None = None
    """The fields of the typed response that the other values do not have, and its class."""

    @property
    def response(self) -> BaseCallResponse[Any, Any] | None:
        """The typed response, equal to the one that the call returned; for a stream, equal to
        `construct_call_response()`. None if the row has no response.

        Raises `StoreError` if its class cannot be found.
        """
        if self.fields is None or self.response_json is None:
            return None
        kind = response_class(str(self.fields.get("class")))
        dump = {
            **self.fields.get("rest", {}),
            "response": self.response_json,
            "messages": self.messages or [],
            "call_params": self.options or {},
            "call_kwargs": self.settings or {},
            "fn_args": self.arguments or {},
        }
        try:
            return kind.model_validate(dump)
        except ValueError as error:
            raise StoreError(f"the response of row {self.id} cannot be loaded: {error}") from error


def set_earlier(response: BaseCallResponse[Any, Any], requests: Sequence[LoggedCall]) -> None:
    """Set the earlier responses of the same call: `rounds` and `attempts`. `requests` are the rows of the earlier
    requests, in their order.

    A response whose tools a tool loop ran is a round of the next attempt. Any other complete one is an attempt, whose
    output did not fit.
    """
    rounds, attempts = list[BaseCallResponse[Any, Any]](), list[BaseCallResponse[Any, Any]]()
    for row in requests:
        if row.state != "done" or (earlier := row.response) is None:
            continue
        set_earlier_rounds(earlier, rounds)
        if any("result" in one or "error" in one for one in row.tool_calls or ()):
            rounds.append(earlier)
        else:
            set_earlier_attempts(earlier, attempts)
            attempts.append(earlier)
            rounds = []
    set_earlier_rounds(response, rounds)
    set_earlier_attempts(response, attempts)


def response_class(path: str) -> type[BaseCallResponse[Any, Any]]:
    """Return the class of a response at "module:qualified.name".

    Modules of other packages must be imported already, because a file must not decide what is imported. Raises
    `StoreError` if there is no such class.
    """
    module, _, name = path.partition(":")
    own = module.partition(".")[0] == __name__.partition(".")[0]
    try:
        found: Any = import_module(module) if own else sys.modules[module]
        for part in name.split("."):
            found = getattr(found, part)
    except (ImportError, KeyError, AttributeError) as error:
        raise StoreError(f"the class of a logged response was not found, import its module first: {path}") from error
    kind: Any = found
    if not (isinstance(kind, type) and issubclass(kind, BaseCallResponse)):
        raise StoreError(f"not a class of responses: {path}")
    response_kind: type[BaseCallResponse[Any, Any]] = found
    return response_kind


FIELDS: Sequence[str] = [one.name for one in fields(LoggedCall)]


def logged_call(row: Mapping[str, Any]) -> LoggedCall:
    """Return the object for a row. Keys that later versions of the library have added are ignored."""
    return LoggedCall(**{name: row[name] for name in FIELDS if name in row})
