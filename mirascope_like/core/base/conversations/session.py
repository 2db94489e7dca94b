"""Sessions: a conversation that goes on with a model. What is said and what is answered are kept together, or not."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import Any, Generic, Protocol, TypeVar
from uuid import uuid4

from ..errors import PromptError, StreamNotConsumedError
from ..messages import BaseMessageParam
from ..parsing import as_list
from ..prompts import Prompt, Sent, as_messages
from ..response import BaseCallResponse, tool_results
from ..streams import AsyncStream, Stream, StreamState
from ..tools import ToolLoop, Tools
from .conversation import Conversation, Turn, native_of
from .stores import Store

ResponseT = TypeVar("ResponseT", bound=BaseCallResponse[Any, Any])
StreamT = TypeVar("StreamT", bound=Stream[Any, Any, Any])
AsyncStreamT = TypeVar("AsyncStreamT", bound=AsyncStream[Any, Any, Any])
ResponseT_co = TypeVar("ResponseT_co", bound=BaseCallResponse[Any, Any], covariant=True)
StreamT_co = TypeVar("StreamT_co", bound=Stream[Any, Any, Any], covariant=True)
AsyncStreamT_co = TypeVar("AsyncStreamT_co", bound=AsyncStream[Any, Any, Any], covariant=True)


class SessionModel(Protocol[ResponseT_co, StreamT_co, AsyncStreamT_co]):
    """What a session needs of a model."""

    @property
    def origin(self) -> str:
        """Whose form its messages have: the provider that answers."""
        ...

    def ask(self, prompt: Prompt, /) -> ResponseT_co:
        """Return the response to messages."""
        ...

    async def ask_async(self, prompt: Prompt, /) -> ResponseT_co:
        """`ask`, awaited."""
        ...

    def stream(self, prompt: Prompt, /) -> StreamT_co:
        """Return a stream of the answer to messages."""
        ...

    def stream_async(self, prompt: Prompt, /) -> AsyncStreamT_co:
        """Return a stream of the answer to messages, to be read with `async for`."""
        ...


class Session(Generic[ResponseT, StreamT, AsyncStreamT]):
    """A conversation and a model that it goes on with.

    A message and its answer, with all rounds of a tool loop, are added to the conversation together, once the answer
    is whole. A stream that is left early, or breaks off, adds what had come, marked `partial`; one of which nothing
    had come, and a call that fails, add nothing.

    With a `store`, what the store has under `name` is taken up, and each exchange is added there. `system` is for a
    conversation that has no system message: one that was kept with its own goes on with that.
    """

    def __init__(
        self,
        model: SessionModel[ResponseT, StreamT, AsyncStreamT],
        conversation: Conversation | None = None,
        *,
        system: str | None = None,
        tools: Tools | None = None,
        tool_loop: ToolLoop | None = None,
        store: Store | None = None,
        name: str | None = None,
    ) -> None:
        self.model: SessionModel[Any, Any, Any] = model
        """The model that answers next. Another one may be put here, of another provider too; `switch` tells types."""
        self.name: str = name or uuid4().hex
        """What the session is called in its store."""
        self._store = store
        self._lock = Lock()
        self._options = {"tools": tools, "tool_loop": tool_loop}
        kept = store.load(self.name) if store is not None else None
        self.conversation: Conversation = conversation or kept or Conversation()
        """All that was said; another conversation may be put here."""
        if system is not None and all(turn.message.role != "system" for turn in self.conversation.turns):
            self.conversation = Conversation((*Conversation().system(system).turns, *self.conversation.turns))
        if store is not None and kept is None and self.conversation.turns:
            store.append(self.name, self.conversation.turns)

    def switch(self, model: SessionModel[Any, Any, Any]) -> Session[Any, Any, Any]:
        """Go on with another model; return the session itself."""
        self.model = model
        return self

    def send(self, prompt: Prompt = None) -> ResponseT:
        """Say something, and return the answer; without a prompt, have the conversation answered as it stands.

        Raises `PromptError` for a prompt that says nothing.
        """
        said = _turns(prompt)
        response: ResponseT = self._asked().ask(self._messages(said), **self._given())
        self._keep([*said, *answer_turns(response)])
        return response

    async def send_async(self, prompt: Prompt = None) -> ResponseT:
        """`send`, awaited."""
        said = _turns(prompt)
        response: ResponseT = await self._asked().ask_async(self._messages(said), **self._given())
        await self._akeep([*said, *answer_turns(response)])
        return response

    def stream(self, prompt: Prompt = None) -> StreamT:
        """Say something, and return a stream of the answer. The conversation grows when the stream ends."""
        said = _turns(prompt)
        stream: StreamT = self._asked().stream(self._messages(said), **self._given())
        return stream.ended(lambda ended: self._keep(self._ended(said, ended)))

    def stream_async(self, prompt: Prompt = None) -> AsyncStreamT:
        """`stream`, to be read with `async for`."""
        said = _turns(prompt)
        stream: AsyncStreamT = self._asked().stream_async(self._messages(said), **self._given())
        return stream.ended(lambda ended: self._akeep(self._ended(said, ended)))

    def fork(self, *, name: str | None = None) -> Session[ResponseT, StreamT, AsyncStreamT]:
        """Return a session of its own that has said the same, with another name in the same store."""
        forked = Session(self.model, self.conversation, store=self._store, name=name)
        forked._options = self._options
        return forked

    def save(self, path: str | Path) -> None:
        """Write the conversation to a file, as JSON; `Session(model, Conversation.load(path))` goes on with it."""
        self.conversation.save(path)

    def _asked(self) -> Any:
        return self.model

    def _given(self) -> dict[str, Any]:
        return {name: value for name, value in self._options.items() if value is not None}

    def _messages(self, said: Sequence[Turn]) -> list[Any]:
        conversation = Conversation((*self.conversation.turns, *said))
        return Sent(self.model.origin, conversation.sent_to)

    def _keep(self, turns: Sequence[Turn]) -> None:
        if not turns:
            return
        with self._lock:  # for both, so that the store has the order of the conversation
            self.conversation = self.conversation.add(*turns)
            if self._store is not None:
                self._store.append(self.name, turns)

    async def _akeep(self, turns: Sequence[Turn]) -> None:
        if self._store is None or not turns:
            self._keep(turns)
        else:
            await asyncio.to_thread(self._keep, turns)

    def _ended(self, said: Sequence[Turn], stream: Any) -> Sequence[Turn]:
        try:
            response = stream.construct_call_response(partial=True)
        except StreamNotConsumedError:
            return ()
        turns = answer_turns(response, whole=stream.state is StreamState.DONE)
        return [*said, *turns] if turns else ()


def answer_turns(response: BaseCallResponse[Any, Any], *, whole: bool = True) -> list[Turn]:
    """Return the turns that a response adds: its rounds, with what their tools did.

    Of a response that is not whole the last round adds its text alone: a call that nobody answered cannot be sent.
    """
    turns: list[Turn] = []
    for number, answer in enumerate(response.rounds, 1):
        own = answer.provider_response
        outputs = [(one.tool, one.result if one.error is None else one.error) for one in answer.executed]
        if not whole and number == len(response.rounds) and not outputs:
            if own.content:
                said = BaseMessageParam(role="assistant", content=own.content)
                turns.append(Turn(message=said, origin=own.origin(), partial=True))
            break
        native = own.message_param
        turns.append(
            Turn(
                message=own.common_message_param,
                native=native_of(as_list(native) or [native]),
                origin=own.origin(),
            )
        )
        if outputs:
            told = BaseMessageParam(role="tool", content=tool_results(outputs))
            turns.append(Turn(message=told, native=native_of(own.tool_message_params(outputs)), origin=own.origin()))
    return turns


def _turns(prompt: Prompt) -> list[Turn]:
    if prompt is None:
        return []
    messages = as_messages(prompt)
    if not all(isinstance(one, BaseMessageParam) for one in messages):
        raise PromptError("a session takes text, parts and messages in no provider's words")
    if not all(one.content for one in messages):
        raise PromptError(
            "there is no text and no part to be sent: without a prompt the conversation is answered as it is"
        )
    return [Turn(message=one) for one in messages]
