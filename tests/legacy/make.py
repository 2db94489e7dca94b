"""Write the files that `test_old_files` loads: pickles, JSON dumps, session files and stores, with a manifest.

    PYTHONPATH=. python -m tests.legacy.make FOLDER

`files/` was written at commit fe1230f, the last one before the modules of `core/base` moved into rooms. Do not write it
again: a later commit would write other files. This module stays as the record of how the files were made. It runs at
any commit, into any other folder, and a test does that.

The manifest says for each file what it holds and which literal values a reader finds in it. The values come from the
scripted replies or were written by hand; nothing is read back with the library's own code. It also lists the names of
the library that the pickles refer to, and what cannot be pickled.
"""

from __future__ import annotations

import json
import pickle
import pickletools
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from importlib import import_module
from pathlib import Path
from types import FunctionType
from typing import Any

from mirascope_like import llm, retries
from mirascope_like.core import (
    AudioPart,
    AudioURLPart,
    BaseMessageParam,
    CacheControlPart,
    CommonUsage,
    ConfigurationError,
    Conversation,
    DocumentPart,
    DocumentURLPart,
    ErrorEvent,
    FinishEvent,
    FromCallArgs,
    ImagePart,
    ImageURLPart,
    JSONLinesStore,
    Messages,
    MirascopeLikeError,
    Price,
    PromptError,
    ProviderError,
    ResponseParseError,
    SQLiteStore,
    StreamClosedError,
    StreamError,
    StreamInterruptedError,
    StreamNotConsumedError,
    StreamState,
    StreamTimeoutError,
    TextEvent,
    TextPart,
    ThinkingEvent,
    ToolArgumentsError,
    ToolCallPart,
    ToolDeltaEvent,
    ToolError,
    ToolExecutionError,
    ToolLoop,
    ToolNotFoundError,
    ToolReadyEvent,
    ToolRefusedError,
    ToolResultEvent,
    ToolResultPart,
    ToolStartEvent,
    ToolTimeoutError,
    Turn,
    UsageEvent,
    hosts,
    openai,
    prompt_template,
)
from tests.conformance.providers import ANTHROPIC, OPENAI, RESPONSES
from tests.conformance.rows import EVERY, GOOGLE
from tests.conformance.wires.answer import IMAGE_URL, PDF, PDF_64, PNG, PNG_64, WAV, Answer, Call, Text, Thought
from tests.harness.server import CloseEarly, Reply, Server, Stall
from tests.legacy import program

CORE = "mirascope_like.core"
STARTED, ENDED = 1_764_000_000_000.0, 1_764_000_001_000.0
"""The times of every response, in milliseconds since 1970: set after the call, so that the files hold known values."""

TYPES = {
    "openai": f"{CORE}.openai:OpenAICallResponse",
    "openai.responses": f"{CORE}.openai.responses:OpenAIResponsesCallResponse",
    "anthropic": f"{CORE}.anthropic:AnthropicCallResponse",
    "groq": f"{CORE}.groq:GroqCallResponse",
    "azure": f"{CORE}.azure:AzureCallResponse",
    "azure.responses": f"{CORE}.azure.responses:AzureResponsesCallResponse",
    "mistral": f"{CORE}.mistral:MistralCallResponse",
    "cohere": f"{CORE}.cohere:CohereCallResponse",
    "google": f"{CORE}.google:GoogleCallResponse",
    "gemini": f"{CORE}.gemini:GeminiCallResponse",
    "bedrock": f"{CORE}.bedrock:BedrockCallResponse",
    "ollama": f"{CORE}.hosts:ollama.CallResponse",
    "openrouter": f"{CORE}.hosts:openrouter.CallResponse",
    "xai.responses": f"{CORE}.hosts:xai.responses.CallResponse",
}
"""The public name of each provider's response class, under the name of its row."""

ENDS = {
    "openai": ("chatcmpl-1", "tool_calls", "tool_calls"),
    "openai.responses": ("msg_1", "completed", "tool_calls"),
    "anthropic": ("msg_1", "tool_use", "tool_calls"),
    "groq": ("chatcmpl-1", "tool_calls", "tool_calls"),
    "azure": ("chatcmpl-1", "tool_calls", "tool_calls"),
    "azure.responses": ("msg_1", "completed", "tool_calls"),
    "mistral": ("chatcmpl-1", "tool_calls", "tool_calls"),
    "cohere": ("a-1", "TOOL_CALL", "tool_calls"),
    "google": ("r-1", "STOP", "stop"),
    "gemini": (None, "STOP", "stop"),
    "bedrock": (None, "tool_use", "tool_calls"),
    "ollama": ("chatcmpl-1", "tool_calls", "tool_calls"),
    "openrouter": ("chatcmpl-1", "tool_calls", "tool_calls"),
    "xai.responses": ("msg_1", "completed", "tool_calls"),
}
"""The id of each scripted response, and its finish reason, native and common."""

PUBLIC = (
    *(CORE, f"{CORE}.openai", f"{CORE}.openai.responses", f"{CORE}.azure", f"{CORE}.azure.responses"),
    *(f"{CORE}.{name}" for name in ("anthropic", "groq", "mistral", "cohere", "google", "gemini", "bedrock", "hosts")),
    *(f"{CORE}.local", "mirascope_like.llm", "mirascope_like.retries"),
)
"""The modules whose public names are pickled by reference."""

NO_MODEL = ("cohere", "bedrock")
"""Providers whose responses do not name the model: `model` is the one that was asked for."""

SDK_ERRORS = {
    "openai": ("openai:RateLimitError", "openai:APIConnectionError"),
    "anthropic": ("anthropic:RateLimitError", "anthropic:APIConnectionError"),
    "groq": ("groq:RateLimitError", "groq:APIConnectionError"),
    "azure": ("openai:RateLimitError", "openai:APIConnectionError"),
    "mistral": ("mistralai.client.errors:SDKError", "mistralai.client.errors:MistralError"),
    "cohere": ("cohere:TooManyRequestsError", "cohere.core:ApiError"),
    "google": ("google.genai.errors:ClientError", "google.genai.errors:APIError"),
    "gemini": ("google.api_core.exceptions:TooManyRequests", "google.api_core.exceptions:GoogleAPICallError"),
    "bedrock": ("botocore.exceptions:ClientError", "botocore.exceptions:ResponseStreamingError"),
}
"""The SDK's own class of a refused request (429) and of a broken connection, by provider."""

CALL = Call("call_1", "weather", '{"city":', ' "Oslo"}')
CALL_PART = {"type": "tool_call", "name": "weather", "args": {"city": "Oslo"}, "id": "call_1"}
BEFORE_TOOLS = {"role": "assistant", "content": [{"type": "text", "text": "Hello"}, CALL_PART]}


class Files:
    """The folder that is written, and the manifest of what is in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.entries: list[dict[str, Any]] = []
        self.names: set[str] = set()
        self.not_picklable: dict[str, str] = {}

    def pickle(
        self,
        name: str,
        value: Any,
        holds: str,
        type: str | None = None,
        values: Mapping[str, Any] | None = None,
        **more: Any,
    ) -> None:
        """Write a pickle. `values` maps a path into the object to the literal that is found there; "" is the object."""
        data = pickle.dumps(value, 4)
        file = self._write(f"{name}.pickle", data)
        self.names |= _names(data)
        kind = {"type": type} if type else {}
        self.add(file, "pickle", holds, **kind, values=values or {}, **more)

    def error(
        self, name: str, error: BaseException, holds: str, *classes: str, values: Mapping[str, Any] | None = None
    ) -> None:
        """Write the pickle of an error: an instance of each of these classes."""
        self.pickle(f"errors/{name}", error, holds, None, values, instance_of=list(classes), text=str(error))

    def both(self, name: str, response: Any, holds: str, type: str, values: Mapping[str, Any]) -> None:
        """Write a response as a pickle and as JSON; the values of both are with the pickle."""
        dump = self._write(f"dumps/{name}.json", response.model_dump_json().encode())
        self.pickle(f"responses/{name}", response, holds, type, values, dump=dump)

    def refuses(self, name: str, value: Any, reason: str) -> None:
        """Note an object that cannot be pickled, and why."""
        try:
            pickle.dumps(value, 4)
        except Exception as error:  # pickle raises several classes
            self.not_picklable[name] = f"{reason} ({type(error).__name__})"
        else:
            print(f"can be pickled by now: {name}", file=sys.stderr)

    def add(self, name: str, kind: str, holds: str, **more: Any) -> None:
        """Note a file that is written already."""
        self.entries.append({"file": name, "kind": kind, "holds": holds, **more})

    def _write(self, name: str, data: bytes) -> str:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return name

    def finish(self) -> None:
        """Write the manifest: a line for each entry."""
        lines = ",\n".join(json.dumps(entry, ensure_ascii=False) for entry in self.entries)
        others = {"names": sorted(self.names), "not_picklable": self.not_picklable}
        text = f'{{"entries": [\n{lines}\n],\n{json.dumps(others, indent=0, ensure_ascii=False)[2:]}\n'
        (self.folder / "manifest.json").write_text(text, "utf-8")


def _names(data: bytes) -> set[str]:
    """Return the names of the library that a pickle refers to, as "module:name"."""
    memo: list[Any] = []
    stack: list[Any] = []  # the strings that came last: a name is the last of them, its module the one before
    found: set[str] = set()
    for operation, argument, _ in pickletools.genops(data):
        if "UNICODE" in operation.name:
            stack.append(argument)
        elif operation.name == "MEMOIZE":
            memo.append(stack[-1] if stack else None)
        elif operation.name.endswith("BINGET"):
            stack.append(memo[argument])
        elif operation.name == "STACK_GLOBAL":
            module, name = stack[-2:]
            found.add(f"{module}:{name}")
            stack.append(None)
        elif operation.name != "FRAME":
            stack.append(None)
    return {name for name in found if name.startswith("mirascope_like")}


def timed(response: Any) -> Any:
    """Set known times in a response and in the responses inside it."""
    for one in (*response.attempts, *response.rounds, *response.interruptions):
        for own in (one, one.provider_response):
            own.start_time, own.end_time = STARTED, ENDED
    return response


def raised(call: Any) -> Any:
    """Return the error that a function raises, without what varies from run to run."""
    try:
        call()
    except Exception as error:
        for name in ("raw_response", "_response"):  # the HTTP response of Mistral's and Gemini's SDK: port, headers
            if (response := vars(error).get(name)) is not None:
                vars(error)[name] = None
                error.args = tuple(None if one is response else one for one in error.args)
        if "http://127.0.0.1" in str(error):  # Gemini's: the URL
            error.args = ("scripted error",)
            vars(error)["message"] = "scripted error"
        return error
    raise AssertionError("nothing was raised")


# Responses


def answer_values(name: str, *, thinking: bool, streamed: bool) -> dict[str, Any]:
    """Return values of the scripted response to "Hi", which is the same for every provider."""
    id, reason, common = ENDS[name]
    if name == "bedrock" and streamed:
        id = "r-1"
    google = name in ("google", "gemini")
    message = {"role": "user", **({"parts": [{"text": "Hi"}]} if google else {"content": "Hi"})}
    if name == "bedrock":
        message["content"] = [{"text": "Hi"}]  # type: ignore[assignment]
    return {
        "content": "Hello",
        "thinking": "Hm so" if thinking else None,
        "id": id,
        "model": "m" if name in NO_MODEL else "m-1",
        "provider": name.partition(".")[0],
        "form": "responses" if name.endswith(".responses") else None,
        "finish_reasons": [reason],
        "common_finish_reasons": [common],
        "input_tokens": 3,
        "cached_tokens": 2,
        "output_tokens": 5,
        "common_usage": {"input_tokens": 3, "cached_tokens": 2, "output_tokens": 5, "total_tokens": 8},
        "common_message_param": BEFORE_TOOLS,
        "messages": [message],
        "common_messages": [{"role": "user", "content": "Hi"}],
        "call_params": {"request_options": {"retry": None}} if name == "gemini" else {},
        "fn_args": {"prompt": "Hi"},
        # In `files/` these are None: at that commit, pickles and dumps left out the tools of functions.
        "tools.0": {"city": "Oslo"},
        "tools.0.name": "weather",
        "start_time": STARTED,
        "end_time": ENDED,
    }


def providers(files: Files, server: Server) -> None:
    """A whole and a streamed response of each provider, chunks, and errors."""
    for row in [one for one in EVERY if one.id in TYPES]:  # the providers of the committed files
        thinks = "thinking" not in row.lacks
        answer = Answer(*([Thought("Hm ", "so")] if thinks else []), Text("Hel", "lo"), CALL, cached=2)
        name, holds = row.id, "text, usage, a tool call" + (", thinking" if thinks else "")
        with row.client(server) as client:
            server.reply(row.wire.answered(answer))
            whole = timed(row.ask(client, tools=[program.weather]))
            values = answer_values(name, thinking=thinks, streamed=False)
            files.both(f"{name}.whole", whole, f"a response of {name}: {holds}", TYPES[name], values)

            server.reply(row.wire.streamed(answer))
            stream = row.stream(client, tools=[program.weather])
            chunks = [chunk for chunk, _ in stream]
            values = answer_values(name, thinking=thinks, streamed=True)
            rebuilt = timed(stream.construct_call_response())
            files.both(f"{name}.streamed", rebuilt, f"the response of a stream of {name}: {holds}", TYPES[name], values)
            texts = [chunk for chunk in chunks if chunk.content]
            values = {"0.content": "Hel", "1.content": "lo", "0.provider": name.partition(".")[0]}
            files.pickle(
                f"chunks/{name}", texts, f"the two chunks of text of a stream of {name}", "builtins:list", values
            )

            if name not in SDK_ERRORS:
                continue
            refused, broken = SDK_ERRORS[name]
            server.reply(row.wire.failed(429))
            error = raised(lambda row=row, client=client: row.ask(client))
            values = {"provider": name, "model": "m", "status_code": 429, "retry_after": None}
            classes = [f"{CORE}:RateLimitError", f"{CORE}:ProviderError", refused]
            files.error(f"{name}.429", error, f"the error of a refused request to {name}", *classes, values=values)

            events = row.wire.events(Answer(Text("Hel"), ended=False))
            server.reply(row.wire.stream(*events, CloseEarly()))
            error = raised(lambda row=row, client=client: row.stream(client).collect())
            values = {"provider": name, "model": "m", "partial": None}
            classes = [f"{CORE}:StreamInterruptedError", f"{CORE}:ConnectionFailedError", broken]
            holds = f"the error of a connection to {name} that broke in a stream"
            files.error(f"{name}.interrupted", error, holds, *classes, values=values)


def local(files: Files) -> None:
    """A response of the embedded model, made of the JSON of one."""
    from mirascope_like.core import local

    raw = OPENAI.wire.whole(Answer("Hello"))
    response = local.LocalCallResponse(response=raw, start_time=STARTED, end_time=ENDED)
    values = {"content": "Hello", "provider": "local", "model": "m-1", "input_tokens": 3}
    files.both("local", response, "a response of the embedded model", f"{CORE}.local:LocalCallResponse", values)


def templates(files: Files, server: Server) -> None:
    """A response of a call with a template, parameters, metadata and computed fields."""
    with OPENAI.client(server) as client:
        server.reply(OPENAI.wire.answered(Answer("Hello")))

        @openai.call("m", client=client, call_params={"temperature": 0.5})
        @prompt_template("SYSTEM: Be {mood}\nUSER: {question}")
        def ask(mood: str, question: str) -> Any:
            return {"metadata": {"tags": ["a"]}, "computed_fields": {"asked": "today"}}

        response = timed(ask("brief", "Why?"))
    values = {
        "content": "Hello",
        "prompt_template": "SYSTEM: Be {mood}\nUSER: {question}",
        "fn_args": {"mood": "brief", "question": "Why?", "asked": "today"},
        "call_params": {"temperature": 0.5},
        "call_kwargs.temperature": 0.5,
        "metadata": {"tags": ["a"]},
        "dynamic_config.computed_fields": {"asked": "today"},
        "messages": [{"role": "system", "content": "Be brief"}, {"role": "user", "content": "Why?"}],
        "common_user_message_param": {"role": "user", "content": "Why?"},
    }
    files.both("openai.template", response, "a response of a call with a template", TYPES["openai"], values)


def structured(files: Files, server: Server) -> None:
    """Structured outputs, with their responses, and what is raised for a reply that does not fit."""
    emma = {"title": "Emma", "year": 1815, "author": {"name": "Jane Austen"}}
    film = {"title": "Emma", "year": 1996}
    here = "tests.legacy.program"
    with OPENAI.client(server) as client:
        server.reply(OPENAI.wire.answered(Answer(json.dumps(emma))))
        book = OPENAI.ask(client, response_model=program.Book)
        timed(book._response)
        values = {"": emma, "_response.content": json.dumps(emma), "_response.input_tokens": 3}
        files.pickle("structured/book", book, "a pydantic model, with its response", f"{here}:Book", values)

        server.reply(OPENAI.wire.answered(Answer(json.dumps(film))))
        found = OPENAI.ask(client, response_model=program.Film)
        timed(found._response)
        values = {"": film, "_response.content": json.dumps(film)}
        files.pickle("structured/film", found, "a dataclass, with its response", f"{here}:Film", values)

        server.reply(OPENAI.wire.streamed(Answer(json.dumps(emma))))
        stream = OPENAI.stream(client, response_model=program.Book)
        for partial in stream:
            book = partial
        timed(book._response)
        values = {"": emma, "_response.content": json.dumps(emma)}
        files.pickle("structured/streamed-book", book, "the model that a stream ended with", f"{here}:Book", values)

        server.reply(*(OPENAI.wire.answered(Answer(json.dumps(one))) for one in ({"title": "Emma"}, emma)))
        book = OPENAI.ask(client, response_model=program.Book, max_retries=1)
        timed(book._response)
        values = {"": emma, "_response.attempts.0.content": '{"title": "Emma"}'}
        files.pickle(
            "structured/second-attempt", book, "a model whose first attempt did not fit", f"{here}:Book", values
        )

        server.reply(OPENAI.wire.answered(Answer('{"title": "Emma"}')))
        error = raised(lambda: OPENAI.ask(client, response_model=program.Book))
        timed(error.response)
        fault = {"type": "missing", "loc": ["year"], "msg": "Field required", "input": {"title": "Emma"}}
        classes = [f"{CORE}:ResponseParseError", "pydantic:ValidationError", "builtins:ValueError"]
        values = {"response.content": '{"title": "Emma"}', "title": "Book", "faults": [fault]}
        files.error("does-not-fit", error, "the error of a reply that does not fit", *classes, values=values)

        refusal = OPENAI.wire.whole(Answer(""))
        refusal["choices"][0]["message"]["refusal"] = "No"
        server.reply(Reply.json(refusal))
        error = raised(lambda: OPENAI.ask(client, response_model=program.Book))
        timed(error.response)
        classes = [f"{CORE}:ResponseParseError", "builtins:ValueError"]
        values = {"response.content": "", "response.refusal": "No"}
        files.error("refusal", error, "the error of a refusal", *classes, values=values)

    with ANTHROPIC.client(server) as client:
        server.reply(ANTHROPIC.wire.answered(Answer(Call("call_1", "Book", json.dumps(emma)))))
        response = timed(ANTHROPIC.ask(client, response_model=program.Book)._response)
    values = {"answer_name": "Book", "content": "", "tools": None}
    files.both(
        "anthropic.book", response, "a response whose structured output is a tool call", TYPES["anthropic"], values
    )


def tools(files: Files, server: Server) -> None:
    """Tools that a model called, and responses of tool loops."""
    here = "tests.legacy.program"
    sunny = {"tool": {"city": "Oslo"}, "result": "sunny in Oslo", "error": None}
    for row, kind in ((OPENAI, program.OpenAIWeather), (ANTHROPIC, program.AnthropicWeather)):
        name = kind.__name__
        call = Call("call_1", name, '{"city": "Oslo"}')
        with row.client(server) as client:
            server.reply(row.wire.answered(Answer(call)))
            response = timed(row.ask(client, tools=[kind]))
            values = {"tools.0": {"city": "Oslo"}, "tools.0.id": "call_1", "tools.0.name": name}
            holds = "a response with a tool of the user's own class"
            files.pickle(f"tools/{row.name}.response", response, holds, TYPES[row.name], values)
            values = {"": {"city": "Oslo"}, "args": {"city": "Oslo"}, "id": "call_1", "name": name, "error": None}
            files.pickle(
                f"tools/{row.name}.tool", response.tool, "a tool that a model called", f"{here}:{name}", values
            )

            server.reply(row.wire.answered(Answer(Call("call_1", name, '{"town":"Oslo"}'))))
            tool = row.ask(client, tools=[kind]).tool
            values = {"args": {"town": "Oslo"}, "error.arguments": '{"town":"Oslo"}'}
            files.pickle(f"tools/{row.name}.unfit", tool, "a tool whose arguments do not fit", f"{here}:{name}", values)
            fault = {"type": "missing", "loc": ["city"], "msg": "Field required", "input": {"town": "Oslo"}}
            classes = [f"{CORE}:ToolArgumentsError", f"{CORE}:ToolError", "pydantic:ValidationError"]
            values = {"arguments": '{"town":"Oslo"}', "faults": [fault]}
            holds = "the error of a tool's arguments that do not fit"
            files.error(f"{row.name}.arguments", tool.error, holds, *classes, values=values)

            server.reply(row.wire.answered(Answer(call)), row.wire.answered(Answer("It is sunny")))
            response = timed(row.ask(client, tools=[kind], tool_loop=ToolLoop()))
            values = {
                "content": "It is sunny",
                "rounds.0.executed.0": sunny,
                "rounds.0.executed.0.name": name,
                "rounds.0.tool.id": "call_1",
                "total_usage": {"input_tokens": 6, "cached_tokens": None, "output_tokens": 10, "total_tokens": 16},
            }
            holds = "the response of a tool loop, with its first round"
            files.pickle(f"tools/{row.name}.loop", response, holds, TYPES[row.name], values)

            server.reply(row.wire.streamed(Answer(call)), row.wire.streamed(Answer("Sunny")))
            events = list(row.stream(client, tools=[kind], tool_loop=ToolLoop()).events())
            events = [one for one in events if isinstance(one, ToolStartEvent | ToolReadyEvent | ToolResultEvent)]
            kinds = {str(number): f"{CORE}:Tool{kind}Event" for number, kind in enumerate(("Start", "Ready", "Result"))}
            values = {"0": {"index": 0, "id": "call_1", "name": name}, "1": {"tool": {"city": "Oslo"}}, "2": sunny}
            holds = "the tool events of a streamed tool loop"
            files.pickle(f"tools/{row.name}.events", events, holds, "builtins:list", values, items=kinds)

    values = {"": {"city": "Oslo"}, "args": {"city": "Oslo"}, "id": None, "name": "Weather"}
    tool = program.Weather(city="Oslo")
    files.pickle("tools/own", tool, "a tool that no model called", f"{here}:Weather", values)
    values = {"": {"language": "Norwegian"}}
    files.pickle("tools/toolkit", program.Library(language="Norwegian"), "a toolkit", f"{here}:Library", values)


def resumed(files: Files, server: Server) -> None:
    """A response that broke off and was continued."""
    with ANTHROPIC.client(server) as client:
        events = ANTHROPIC.texts("Hel", finish=None)
        server.reply(ANTHROPIC.streamed(*events, CloseEarly()), ANTHROPIC.text("lo"))
        response = timed(ANTHROPIC.stream(client, resume=True).collect())
    values = {"content": "Hello", "resumed": 1, "interruptions.0.content": "Hel"}
    files.pickle("responses/anthropic.resumed", response, "a response that was resumed", TYPES["anthropic"], values)


def any_provider(files: Files, server: Server) -> None:
    """Responses and chunks of `llm.call`."""
    for row in (OPENAI, ANTHROPIC, GOOGLE):
        holds = f"a response of `llm.call`, from {row.name}"
        thinks = "thinking" not in row.lacks
        answer = Answer(*([Thought("Hm")] if thinks else []), Text("Hel", "lo"), CALL, cached=2)
        reason = ENDS[row.name][2]
        values = {
            "content": "Hello",
            "thinking": "Hm" if thinks else None,
            "provider_name": row.name,
            "model": "m-1",
            "finish_reasons": [reason],
            "usage": {"input_tokens": 3, "cached_tokens": 2, "output_tokens": 5, "total_tokens": 8},
            "message_param": BEFORE_TOOLS,
            "common_messages": [{"role": "user", "content": "Hi"}],
            "start_time": STARTED,
        }
        with row.client(server) as client:

            @llm.call(f"{row.name}:m", client=client, tools=[program.weather])
            def say() -> str:
                return "Hi"

            server.reply(row.wire.answered(answer))
            response = timed(say())
            files.both(f"llm.{row.name}.whole", response, holds, "mirascope_like.llm:CallResponse", values)

            @llm.call(f"{row.name}:m", client=client, tools=[program.weather], stream=True)
            def stream() -> str:
                return "Hi"

            server.reply(row.wire.streamed(answer))
            read = stream()
            texts = [chunk for chunk, _ in read if chunk.content]
            response = timed(read.construct_call_response())
            files.both(f"llm.{row.name}.streamed", response, holds, "mirascope_like.llm:CallResponse", values)
            found = {"0.content": "Hel", "1.content": "lo", "0.provider_chunk.content": "Hel"}
            holds = f"the two chunks of text of a stream of `llm.call`, from {row.name}"
            files.pickle(f"chunks/llm.{row.name}", texts, holds, "builtins:list", found)


# Errors


def statuses(files: Files, server: Server) -> None:
    """An error of each class that a provider's status stands for."""
    long, filtered = "maximum context length is 10 tokens", "content management policy"
    found = (
        ("AuthenticationError", 401, "scripted error", "AuthenticationError"),
        ("PermissionDeniedError", 403, "scripted error", "PermissionDeniedError"),
        ("NotFoundError", 404, "scripted error", "NotFoundError"),
        ("BadRequestError", 400, "scripted error", "BadRequestError"),
        ("ContextWindowExceededError", 400, long, "BadRequestError"),
        ("ContentFilterError", 400, filtered, "BadRequestError"),
        ("RateLimitError", 429, "scripted error", "RateLimitError"),
        ("ServerError", 500, "scripted error", "InternalServerError"),
        ("OverloadedError", 503, "scripted error", "InternalServerError"),
        ("RequestTimeoutError", 408, "scripted error", "APIStatusError"),
    )
    with OPENAI.client(server) as client:
        for name, status, message, theirs in found:
            server.reply(Reply.error(status, message, retry_after="3", x_request_id="req_1"))
            error = raised(lambda: OPENAI.ask(client))
            values = {"provider": "openai", "status_code": status, "request_id": "req_1", "retry_after": 3.0}
            values["body.message"] = message
            holds = f"the error of a request with status {status}"
            files.error(f"openai.{name}", error, holds, f"{CORE}:{name}", f"openai:{theirs}", values=values)

        server.reply(OPENAI.streamed(*OPENAI.texts("Hel", finish=None), Stall()))
        error = raised(lambda: OPENAI.stream(client).timeout(idle=0.1).collect())
        classes = [f"{CORE}:StreamTimeoutError", f"{CORE}:StreamError", "builtins:TimeoutError"]
        values = {"deadline": "idle", "partial": None}
        files.error("deadline", error, "the error of a stream that passed a deadline", *classes, values=values)

        server.reply(OPENAI.text("Hello"))
        stream = OPENAI.stream(client)
        next(iter(stream))
        error = raised(stream.construct_call_response)
        classes = [f"{CORE}:StreamNotConsumedError", "builtins:ValueError"]
        files.error("not-consumed", error, "the error of a response that is asked for too early", *classes)
        stream.close()

        server.reply(Reply.error(429))
        limited = raised(lambda: OPENAI.ask(client))
    error = retries.FallbackError([limited, ValueError("b")])
    values = {"errors.0.status_code": 429, "errors.1": {"error": "ValueError", "text": "b"}}
    holds = "the error of fallbacks that all failed"
    files.error("fallback", error, holds, "mirascope_like.retries:FallbackError", values=values)

    with ANTHROPIC.client(server) as client:
        body = {"type": "error", "error": {"type": "overloaded_error", "message": "Not now"}}
        server.reply(ANTHROPIC.streamed(*ANTHROPIC.texts("Hel", finish=None), body))
        error = raised(lambda: ANTHROPIC.stream(client).collect())
    values = {"body": body, "provider": "anthropic"}
    classes = [f"{CORE}:StreamInterruptedError", f"{CORE}:OverloadedError", "anthropic:APIStatusError"]
    files.error("anthropic.overloaded", error, "the error of an error event", *classes, values=values)


def own_errors(files: Files) -> None:
    """An error of each public class, as a program of the user's may raise it."""
    plain = (
        *(MirascopeLikeError, ConfigurationError, PromptError, ProviderError, StreamError, StreamNotConsumedError),
        *(StreamClosedError, StreamTimeoutError, StreamInterruptedError, ResponseParseError, ToolError),
        *(ToolNotFoundError, ToolArgumentsError, ToolExecutionError, ToolTimeoutError, ToolRefusedError),
    )
    for kind in plain:
        name = kind.__name__
        files.error(f"plain.{name}", kind("a text"), f"a plain {name}", f"{CORE}:{name}", values={"args": ["a text"]})
    error = PromptError("a text", template="{x", position=1)
    values = {"template": "{x", "position": 1}
    files.error("prompt", error, "a PromptError with its place", f"{CORE}:PromptError", values=values)
    timeout = StreamTimeoutError("a text", deadline="total")
    values = {"deadline": "total", "partial": None}
    files.error("total-deadline", timeout, "a StreamTimeoutError", f"{CORE}:StreamTimeoutError", values=values)


# Data


def data(files: Files) -> None:
    """Messages, parts, conversations, events and other values."""
    call = ToolCallPart(name="weather", args={"city": "Oslo"}, id="call_1")
    result = ToolResultPart(name="weather", content="sunny", id="call_1", is_error=True)
    parts: dict[str, tuple[Any, dict[str, Any]]] = {
        "TextPart": (TextPart(text="Hi\n\u2028é"), {"text": "Hi\n\u2028é"}),
        "ImagePart": (
            ImagePart(media_type="image/png", image=PNG, detail="low"),
            {"media_type": "image/png", "image": PNG_64, "detail": "low"},
        ),
        "ImageURLPart": (ImageURLPart(url=IMAGE_URL), {"url": IMAGE_URL, "detail": None}),
        "AudioPart": (AudioPart(media_type="audio/wav", audio=WAV), {"media_type": "audio/wav", "audio": "UklGRg=="}),
        "AudioURLPart": (AudioURLPart(url="https://example.com/a.wav"), {"url": "https://example.com/a.wav"}),
        "DocumentPart": (DocumentPart(media_type="application/pdf", document=PDF), {"document": PDF_64}),
        "DocumentURLPart": (DocumentURLPart(url="https://example.com/a.pdf"), {"url": "https://example.com/a.pdf"}),
        "CacheControlPart": (CacheControlPart(), {"cache_type": "ephemeral"}),
        "ToolCallPart": (call, {"name": "weather", "args": {"city": "Oslo"}, "id": "call_1"}),
        "ToolResultPart": (result, {"name": "weather", "content": "sunny", "id": "call_1", "is_error": True}),
    }
    for name, (part, values) in parts.items():
        files.pickle(f"parts/{name}", part, f"a {name}", f"{CORE}:{name}", values)

    everything = Messages.User(*(part for part, _ in parts.values()))
    call_part = {"type": "tool_call", "name": "weather", "args": {"city": "Oslo"}, "id": "call_1"}
    result_part = {"type": "tool_result", "name": "weather", "content": "sunny", "id": "call_1", "is_error": True}
    messages = (
        ("system", Messages.System("Be brief"), {"role": "system", "content": "Be brief"}),
        ("user", Messages.User("Hi"), {"role": "user", "content": "Hi"}),
        ("assistant", Messages.Assistant(call), {"role": "assistant", "content": [call_part]}),
        ("tool", Messages.Tool(result), {"role": "tool", "content": [result_part]}),
    )
    for name, message, value in messages:
        files.pickle(f"messages/{name}", message, f"a {name} message", f"{CORE}:BaseMessageParam", {"": value})
    values = {f"content.{number}.type": part.type for number, (part, _) in enumerate(parts.values())}
    files.pickle("messages/parts", everything, "a message of every part", f"{CORE}:BaseMessageParam", values)

    native = {"role": "assistant", "content": "Hello"}
    assistant = BaseMessageParam(role="assistant", content="Hello")
    turn = Turn(message=assistant, native=(native,), origin="openai", partial=True)
    values = {"message": native, "native": [native], "origin": "openai", "partial": True}
    files.pickle("data/turn", turn, "a Turn", f"{CORE}:Turn", values)
    talk = Conversation().system("Be brief").user("See", PNG).add(turn)
    image = {"type": "image", "media_type": "image/png", "image": PNG_64, "detail": None}
    seen = [
        {"role": "system", "content": "Be brief"},
        {"role": "user", "content": [{"type": "text", "text": "See"}, image]},
        {"role": "assistant", "content": "Hello"},
    ]
    values = {"messages": seen, "turns.2.origin": "openai", "turns.2.partial": True}
    files.pickle("data/conversation", talk, "a Conversation", f"{CORE}:Conversation", values)
    (files.folder / "sessions").mkdir()
    talk.save(files.folder / "sessions/conversation.json")
    turns = [{"message": one, "native": [], "origin": None, "partial": False} for one in seen]
    turns[2] = {"message": native, "native": [native], "origin": "openai", "partial": True}
    files.add("sessions/conversation.json", "conversation", "a file of `Conversation.save`", sessions={"": turns})

    usage = CommonUsage(input_tokens=3, cached_tokens=2, output_tokens=5, total_tokens=8)
    counts = {"input_tokens": 3, "cached_tokens": 2, "output_tokens": 5, "total_tokens": 8}
    files.pickle("data/usage", usage, "a CommonUsage", f"{CORE}:CommonUsage", {"": counts})
    values = {"": {"input": 1.0, "output": 2.0, "cached": 0.5, "cache_write": None}}
    files.pickle("data/price", Price(1.0, 2.0, cached=0.5), "a Price", f"{CORE}:Price", values)
    states = list(StreamState)
    values = {"": ["new", "open", "done", "closed", "failed"]}
    items = {"0": f"{CORE}:StreamState"}
    files.pickle("data/states", states, "every StreamState", "builtins:list", values, items=items)
    loop = ToolLoop(max_rounds=3, parallel=False, timeout=2.0, on_error="raise", approve=program.approve)
    values = {"max_rounds": 3, "parallel": False, "timeout": 2.0, "on_error": "raise", "approve.__name__": "approve"}
    files.pickle("data/tool-loop", loop, "a ToolLoop", f"{CORE}:ToolLoop", values)
    prompt = program.Librarian(genre="fantasy")
    values = {"": {"genre": "fantasy", "mood": "friendly"}}
    files.pickle("data/prompt", prompt, "a BasePrompt", "tests.legacy.program:Librarian", values)
    files.pickle("data/from-call-args", FromCallArgs(), "a FromCallArgs", f"{CORE}:FromCallArgs")

    tool = program.Weather(city="Oslo")
    events: dict[str, tuple[Any, dict[str, Any]]] = {
        "TextEvent": (TextEvent("Hi"), {"text": "Hi"}),
        "ThinkingEvent": (ThinkingEvent("Hm"), {"text": "Hm"}),
        "ToolStartEvent": (ToolStartEvent(0, "call_1", "weather"), {"index": 0, "id": "call_1", "name": "weather"}),
        "ToolDeltaEvent": (ToolDeltaEvent(0, '{"ci'), {"index": 0, "delta": '{"ci'}),
        "ToolReadyEvent": (ToolReadyEvent(tool), {"tool": {"city": "Oslo"}}),
        "ToolResultEvent": (
            ToolResultEvent(tool, result="sunny"),
            {"tool": {"city": "Oslo"}, "result": "sunny", "name": "Weather", "arguments": {"city": "Oslo"}},
        ),
        "UsageEvent": (UsageEvent(usage), {"usage": counts}),
        "FinishEvent": (FinishEvent(["stop"]), {"reasons": ["stop"]}),
        "ErrorEvent": (ErrorEvent(ToolError("a")), {"error": {"error": "ToolError", "text": "a"}}),
    }
    for name, (event, values) in events.items():
        files.pickle(f"events/{name}", event, f"a {name}", f"{CORE}:{name}", values)


def code(files: Files) -> None:
    """Public classes and functions, calls and models.

    Pickle refers to classes, functions and calls by name. Of a model it keeps the private state: there `promise` is
    "none", as a later version may change that state, and then drops the file.
    """
    for module in PUBLIC:
        holder = import_module(module)
        public = {name: getattr(holder, name) for name in holder.__all__}
        found = {name: one for name, one in public.items() if isinstance(one, type | FunctionType)}
        holds = f"the public classes and functions of {module}, by name"
        short = module.removeprefix("mirascope_like.").removeprefix("core.")
        files.pickle(f"names/{short}", found, holds, "builtins:dict", same_as={module: list(found)})
    here = "tests.legacy.program"
    for name in ("recommend", "recommend_any"):
        values = {"__name__": name, "__module__": here}
        files.pickle(f"code/{name}", getattr(program, name), "a decorated function", "types:FunctionType", values)
    files.pickle("code/class", program.Librarian, "a class of the user's", None, {"__name__": "Librarian"})
    models = (
        ("openai", openai.model("m", call_params={"temperature": 0.5}), {"name": "m", "origin": "openai"}),
        ("llm", llm.model("openai:m"), {"name": "openai:m", "origin": "openai"}),
    )
    for name, model, values in models:
        files.pickle(f"code/model.{name}", model, f"a model of {name}", f"{CORE}:Model", values, promise="none")


# Sessions

Turns = list[dict[str, Any]]


def turn(role: str, content: Any, *native: Any, origin: str | None = None, partial: bool = False) -> dict[str, Any]:
    """Return a turn as JSON."""
    message = {"role": role, "content": content}
    return {"message": message, "native": list(native), "origin": origin, "partial": partial}


def fill(store: Any, server: Server, stack: ExitStack) -> dict[str, Turns]:
    """Fill a store with sessions; return the turns of each, as JSON."""
    openai_client = stack.enter_context(OPENAI.client(server))
    anthropic_client = stack.enter_context(ANTHROPIC.client(server))
    expected: dict[str, Turns] = {}

    # A system message, and a tool loop.
    asks, answers = {"type": "tool_call", "name": "weather", "args": {"city": "Oslo"}, "id": "call_1"}, "sunny in Oslo"
    gave = {"type": "tool_result", "name": "weather", "content": answers, "id": "call_1", "is_error": False}
    function = {"name": "weather", "arguments": '{"city": "Oslo"}'}
    native_call = {"id": "call_1", "type": "function", "function": function}
    server.reply(*(OPENAI.wire.answered(one) for one in (Answer(CALL), Answer("It is sunny"), Answer("Bye"))))
    model = OPENAI.module.model("m", client=openai_client)
    session = model.session(
        system="Be brief", tools=[program.weather], tool_loop=ToolLoop(), store=store, name="with tools"
    )
    session.send("How is Oslo?")
    session.send("Thanks")
    expected["with tools"] = [
        turn("system", "Be brief"),
        turn("user", "How is Oslo?"),
        turn("assistant", [asks], {"role": "assistant", "content": None, "tool_calls": [native_call]}, origin="openai"),
        turn("tool", [gave], {"role": "tool", "content": answers, "tool_call_id": "call_1"}, origin="openai"),
        turn("assistant", "It is sunny", {"role": "assistant", "content": "It is sunny"}, origin="openai"),
        turn("user", "Thanks"),
        turn("assistant", "Bye", {"role": "assistant", "content": "Bye"}, origin="openai"),
    ]

    # Media, and thinking with a signature.
    server.reply(ANTHROPIC.wire.answered(Answer(Thought("Hm"), "A cat")))
    model = ANTHROPIC.module.model("m", client=anthropic_client)
    model.session(store=store, name="with media").send(
        [Messages.User(TextPart(text="What is this?"), PNG, DocumentPart(media_type="application/pdf", document=PDF))]
    )
    image = {"type": "image", "media_type": "image/png", "image": PNG_64, "detail": None}
    document = {"type": "document", "media_type": "application/pdf", "document": PDF_64}
    thought = {"type": "thinking", "thinking": "Hm", "signature": "sig"}
    native = {"role": "assistant", "content": [thought, {"type": "text", "text": "A cat"}]}
    expected["with media"] = [
        turn("user", [{"type": "text", "text": "What is this?"}, image, document]),
        turn("assistant", "A cat", native, origin="anthropic"),
    ]

    # Two providers, and a stream that the user closed early.
    server.reply(OPENAI.wire.answered(Answer("Hello")))
    session = llm.model("openai:m", client=openai_client).session(store=store, name="two providers")
    session.send("Hi")
    session.switch(model)
    reply = ANTHROPIC.streamed(*ANTHROPIC.texts("Hel", finish=None), Stall())
    server.reply(reply)
    stream = session.stream("And you?")
    for chunk, _ in stream:
        if chunk.content:
            break
    stream.close()
    expected["two providers"] = [
        turn("user", "Hi"),
        turn("assistant", "Hello", {"role": "assistant", "content": "Hello"}, origin="openai"),
        turn("user", "And you?"),
        turn("assistant", "Hel", origin="anthropic", partial=True),
    ]

    # Another form of the same provider, a name and a text beyond ASCII.
    client = stack.enter_context(RESPONSES.client(server))
    server.reply(RESPONSES.wire.answered(Answer("Bonjour")))
    RESPONSES.module.model("m", client=client).session(store=store, name="café €").send("Ça va?\n\u2028")
    text = {"type": "output_text", "annotations": [], "text": "Bonjour"}
    item = {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": [text]}
    expected["café €"] = [
        turn("user", "Ça va?\n\u2028"),
        turn("assistant", "Bonjour", item, origin="openai.responses"),
    ]

    # A session that was deleted.
    store.append("deleted", [Turn(message=Messages.User("Hi"))])
    store.delete("deleted")
    return expected


def stores(files: Files, server: Server) -> None:
    """Stores of several sessions."""
    folder = files.folder / "sessions"
    with ExitStack() as stack:
        expected = fill(JSONLinesStore(folder / "store.jsonl"), server, stack)
    files.add("sessions/store.jsonl", "jsonlines", "a JSONLinesStore of several sessions", sessions=expected)
    with ExitStack() as stack, SQLiteStore(folder / "store.sqlite") as store:
        expected = fill(store, server, stack)
    files.add("sessions/store.sqlite", "sqlite", "a SQLiteStore of several sessions", sessions=expected)

    store = JSONLinesStore(folder / "cut.jsonl")
    store.append("cut", [Turn(message=Messages.User("Hi"))])
    with (folder / "cut.jsonl").open("ab") as file:
        file.write(b'{"session": "cut", "turns": [{"mess')
    holds = "a JSONLinesStore whose last line was cut off"
    files.add("sessions/cut.jsonl", "jsonlines", holds, sessions={"cut": [turn("user", "Hi")]})

    with OPENAI.client(server) as client:
        server.reply(OPENAI.wire.answered(Answer("Hello")))
        session = OPENAI.module.model("m", client=client).session(system="Be brief")
        session.send("Hi")
        session.save(folder / "session.json")
    turns = [
        turn("system", "Be brief"),
        turn("user", "Hi"),
        turn("assistant", "Hello", {"role": "assistant", "content": "Hello"}, origin="openai"),
    ]
    files.add("sessions/session.json", "conversation", "a file of `Session.save`", sessions={"": turns})


def not_picklable(files: Files, server: Server) -> None:
    """What cannot be pickled, each tried."""
    with OPENAI.client(server) as client:
        server.always(OPENAI.text("Hello"))
        stream = OPENAI.stream(client)
        stream.collect()
        files.refuses("stream", stream, "it holds a connection, or a generator")
        session = OPENAI.module.model("m").session()
        files.refuses("Session", session, "it holds a lock; `save` its conversation, or use a store")
    files.refuses("JSONLinesStore", JSONLinesStore("unused"), "it holds a lock; its file is what lasts")
    files.refuses("Task", program.summarize, "it holds a context variable")
    files.refuses("openai.responses.model", openai.responses.model("m"), "its provider holds a module")
    files.refuses("hosts.xai.model", hosts.xai.model("m"), "its provider holds a module, once `xai.responses` was used")
    tool = program.Library(language="Norwegian").create_tools()[0](title="Emma")
    files.refuses("tool of a toolkit", tool, "its class is made at run time and has no import path")


def write(folder: Path) -> None:
    """Write all files into a folder, which must not exist."""
    folder.mkdir(parents=True)
    files = Files(folder)
    with Server() as server:
        providers(files, server)
        local(files)
        templates(files, server)
        structured(files, server)
        tools(files, server)
        resumed(files, server)
        any_provider(files, server)
        statuses(files, server)
        own_errors(files)
        data(files)
        code(files)
        stores(files, server)
        not_picklable(files, server)
    files.finish()


if __name__ == "__main__":
    write(Path(sys.argv[1]))
