"""What fails before a request is sent: the prompt function of a fallback, and the encoding of a later round."""

from __future__ import annotations

from typing import Any

import pytest

from mirascope_like.core import ServerError, StreamState, ToolLoop
from mirascope_like.core.base.errors import FallbackError
from mirascope_like.core.base.request import Request
from mirascope_like.core.base.streams import stream_loop
from mirascope_like.core.openai.types import OpenAIAsyncStream
from tests.memory.scripts import MemoryProvider, Reader, called, text, texts
from tests.memory.test_policies import failing, tools


def unprepared(reader: Reader, error: Exception) -> Any:
    """A fallback whose prompt function raises: in sync code when it is called, in async code when it is awaited."""

    async def prepare() -> Request:
        raise error

    def make() -> Any:
        if reader.asynchronous:
            return OpenAIAsyncStream(MemoryProvider(), prepare)
        raise error

    return make


def test_a_prompt_function_that_fails_is_not_retried(reader: Reader) -> None:
    """Its error is not the provider's, even if it is of the same class: nothing was sent that could be sent again."""
    error = failing("of the prompt function")
    provider = MemoryProvider([failing("one", RuntimeError)], text("never"))
    stream = reader.stream(provider, retry=5).otherwise([RuntimeError] * 2, [unprepared(reader, error)])
    assert reader.read(stream) == ([], error)
    assert (len(provider.sent), stream.state, stream.error) == (1, StreamState.FAILED, error)


def test_a_prompt_function_that_fails_as_caught_leads_to_the_next_fallback(reader: Reader) -> None:
    """As `retries.fallback` does for calls that are not streamed: after an error of `catch`, it calls the next one."""
    error = LookupError("of the prompt function")
    others = [unprepared(reader, error), lambda: reader.stream(MemoryProvider(text("Hi")))]
    stream = reader.stream(MemoryProvider([failing()])).otherwise([ServerError, LookupError, ServerError], others)
    pairs, raised = reader.read(stream)
    assert (texts(pairs), raised) == ("Hi", None)
    assert [type(one) for one in stream._caught] == [ServerError, LookupError]


def test_a_prompt_function_that_fails_last(reader: Reader) -> None:
    first, error = failing(), LookupError("of the prompt function")
    stream = reader.stream(MemoryProvider([first])).otherwise([Exception] * 2, [unprepared(reader, error)])
    _, raised = reader.read(stream)
    assert isinstance(raised, FallbackError)
    assert (raised.errors, raised.__cause__) == ([first, error], error)


@pytest.mark.parametrize("closes", [False, True])
def test_a_later_round_that_cannot_be_encoded(reader: Reader, closes: bool) -> None:
    """Its error is raised; a stream that is closed meanwhile ends without one."""
    error = ValueError("cannot be encoded")
    stream: Any = None

    class Provider(MemoryProvider):
        def payload(self, request: Request) -> dict[str, Any]:
            if len(request.messages) > 1:
                raise error
            return super().payload(request)

    def note() -> str:
        """Note."""
        return "done"

    async def anote() -> str:
        """Note."""
        await stream.close()
        return "done"

    def closing() -> str:
        """Note."""
        stream.close()
        return "done"

    tool: Any = (anote if reader.asynchronous else closing) if closes else note
    provider = Provider(called(("1", tool.__name__, "{}")), text("never"))
    stream = reader.stream(provider, tools=tools(tool), tool_loop=ToolLoop())
    assert reader.read(stream)[1] is (None if closes else error)
    assert (stream.state, len(provider.sent)) == (StreamState.CLOSED if closes else StreamState.FAILED, 1)


def test_closed_before_a_retry(reader: Reader, monkeypatch: pytest.MonkeyPatch, clock: Any) -> None:
    """The retry is not sent, so the times are those of the request that was."""
    ends: list[StreamState] = []
    provider = MemoryProvider([failing()], text("never"))
    stream = reader.stream(provider, retry=1).ended(lambda ended: ends.append(ended.state))

    def close(_: Any, seconds: float) -> None:
        if seconds:
            clock.now += 7
            stream._transcript.closing.request()

    async def aclose(_: Any, seconds: float) -> None:
        close(_, seconds)

    monkeypatch.setattr("mirascope_like.core.base.flows.retry_policy.FIRST_WAIT", 1.0)
    monkeypatch.setattr(stream_loop, "delay", close)
    monkeypatch.setattr(stream_loop, "adelay", aclose)
    assert reader.read(stream) == ([], None)
    assert (len(provider.sent), stream.start_time, stream.end_time) == (1, 1000_000.0, 1007_000.0)
    assert ends == [StreamState.CLOSED]


def test_closed_while_a_fallback_is_made(reader: Reader) -> None:
    other = MemoryProvider(text("never"))
    ends: list[tuple[str, StreamState]] = []

    def make() -> Any:
        stream._transcript.closing.request()
        return reader.stream(other).ended(lambda ended: ends.append(("other", ended.state)))

    stream = reader.stream(MemoryProvider([failing()])).ended(lambda ended: ends.append(("own", ended.state)))
    assert reader.read(stream.otherwise([Exception] * 2, [make])) == ([], None)
    assert (other.sent, stream.error) == ([], None)
    assert ends == [("other", StreamState.CLOSED), ("own", StreamState.CLOSED)]
