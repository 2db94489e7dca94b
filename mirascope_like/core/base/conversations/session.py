"""Sessions: a model and the conversation with it. A prompt and its response are added to the conversation together,
or neither is.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Protocol, Self, TypeVar, cast
from uuid import uuid4

from ..errors import PromptError, StoreError, StreamNotConsumedError
from ..messages import BaseMessageParam
from ..observation import grouped
from ..parsing import as_list
from ..prompts import Prompt, Sent, as_messages, has_content
from ..response import BaseCallResponse, message_format, tool_results
from ..runtime import ForkSafeLock, in_thread
from ..streams import AsyncStream, Stream, StreamState
from ..tools import ToolLoop, Tools
from .conversation import Conversation, Turn, native_of
from .store_support import checked_name, store_errors
from .stores import Store, replace_turns

ResponseT = TypeVar("ResponseT", bound=BaseCallResponse[Any, Any])
StreamT = TypeVar("StreamT", bound=Stream[Any, Any, Any])
AsyncStreamT = TypeVar("AsyncStreamT", bound=AsyncStream[Any, Any, Any])
OtherResponseT = TypeVar("OtherResponseT", bound=BaseCallResponse[Any, Any])
OtherStreamT = TypeVar("OtherStreamT", bound=Stream[Any, Any, Any])
OtherAsyncStreamT = TypeVar("OtherAsyncStreamT", bound=AsyncStream[Any, Any, Any])
ResponseT_co = TypeVar("ResponseT_co", bound=BaseCallResponse[Any, Any], covariant=True)
StreamT_co = TypeVar("StreamT_co", bound=Stream[Any, Any, Any], covariant=True)
AsyncStreamT_co = TypeVar("AsyncStreamT_co", bound=AsyncStream[Any, Any, Any], covariant=True)


_INSTRUCTING = ("system", "developer")


class SessionModel(Protocol[ResponseT_co, StreamT_co, AsyncStreamT_co]):
    """The methods of a model that a session calls."""

    @property
    def origin(self) -> str:
        """The name of the format of the model's messages, such as "openai"."""
        ...

    def ask(self, prompt: Prompt, /) -> ResponseT_co:
        """Send messages and return the response."""
        ...

    async def ask_async(self, prompt: Prompt, /) -> ResponseT_co:
        """Async version of `ask`."""
        ...

    def stream(self, prompt: Prompt, /) -> StreamT_co:
        """Send messages and return a stream of the response."""
        ...

    def stream_async(self, prompt: Prompt, /) -> AsyncStreamT_co:
        """Send messages and return an async stream of the response."""
        ...


class Session(Generic[ResponseT, StreamT, AsyncStreamT]):
    """A model and the conversation with it, optionally saved in a store.

    When a response is complete, its prompt and the response (with all rounds of a tool loop) are added to the
    conversation. A stream that is closed early or interrupted adds the received part, with `partial=True`. A stream
    without output and a call that fails add nothing.

    With a `store`, the conversation with this `name` is loaded, and each exchange is written to the store before it is
    added to the conversation. `system` is added only if the conversation has no system message.

    If writing to the store fails, `send`, or the end of the stream, raises `StoreError`; its attribute `response` is
    the response. The exchange is then neither in the conversation nor in the store, but the next request contains it,
    and it is written together with the next exchange. If you send the same prompt again, the new exchange replaces it.

    Raises `StoreError` if you pass a conversation and the store has a different one with the same name.
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
        """The model that receives the next request. May be replaced by any other model; `switch` does this with
        exact types.
        """
        self.name: str = uuid4().hex if name is None else checked_name(name)
        """The name of the conversation in the store."""
        self._store = store
        self._lock = ForkSafeLock()
        self._options = {"tools": tools, "tool_loop": tool_loop}
        self._unsaved: list[list[Turn]] = []
        """The exchanges that could not be written to the store, each with its prompt."""
        self._rewrites = False
        """True if the next exchange must rewrite all turns in the store: the store lacks the system message, or an
        edit of it failed.
        """
        with store_errors():
            kept = store.load(self.name) if store is not None else None
        if conversation is not None and kept and conversation != kept:
            raise StoreError(
                f"the store has a different conversation {self.name!r}: pass no conversation to continue the stored "
                "one, or pass another name"
            )
        self._conversation: Conversation = conversation or kept or Conversation()
        if system is not None and all(turn.message.role not in _INSTRUCTING for turn in self._conversation.turns):
            self._conversation = Conversation((*Conversation().system(system).turns, *self._conversation.turns))
            self._rewrites = bool(kept)
        if store is not None and not kept and self._conversation.turns:
            with store_errors():
                store.append(self.name, self._conversation.turns)

    @property
    def conversation(self) -> Conversation:
        """The conversation so far, as it is in the store. Use `edit` to replace it here and in the store."""
        return self._conversation

    if not TYPE_CHECKING:  # checkers know that a property without a setter cannot be assigned

        @conversation.setter
        def conversation(self, conversation: Conversation) -> None:
            raise AttributeError(
                "session.conversation cannot be assigned (the store would not change): use session.edit(conversation)"
            )

    def edit(self, conversation: Conversation) -> Self:
        """Replace the conversation, here and in the store; return the session itself.

        To request the last response again, call `session.edit(session.conversation.fork(-1)).send()`. A stream that is
        still open adds its turns to the new conversation. If the store fails, raises `StoreError` and replaces nothing.
        """
        with self._lock:
            if self._store is not None:
                try:
                    with store_errors():
                        replace_turns(self._store, self.name, conversation.turns)
                except BaseException:
                    self._rewrites = True  # a store without `replace` may have deleted the turns
                    raise
            self._conversation, self._unsaved, self._rewrites = conversation, [], False
        return self

    async def edit_async(self, conversation: Conversation) -> Self:
        """Async version of `edit`: the store is written in a thread."""
        return self.edit(conversation) if self._store is None else await in_thread(self.edit, conversation)

    def switch(
        self, model: SessionModel[OtherResponseT, OtherStreamT, OtherAsyncStreamT]
    ) -> Session[OtherResponseT, OtherStreamT, OtherAsyncStreamT]:
        """Continue the conversation with another model; return the session itself."""
        self.model = model
        return cast("Session[OtherResponseT, OtherStreamT, OtherAsyncStreamT]", self)

    def send(self, prompt: Prompt = None) -> ResponseT:
        """Send a prompt together with the conversation; return the response.

        Without a prompt, only the conversation is sent. Raises `PromptError` for an empty prompt, such as "".
        """
        new_turns = _turns(prompt)
        repeated = self._repeated(new_turns)
        with grouped("session", self.name):
            response: ResponseT = self._target().ask(self._messages(new_turns, repeated), **self._fixed_options())
        self._keep([*new_turns, *answer_turns(response)], response, repeated)
        return response

    async def send_async(self, prompt: Prompt = None) -> ResponseT:
        """Async version of `send`."""
        new_turns = _turns(prompt)
        repeated = self._repeated(new_turns)
        messages = self._messages(new_turns, repeated)
        with grouped("session", self.name):
            response: ResponseT = await self._target().ask_async(messages, **self._fixed_options())
        await self._akeep([*new_turns, *answer_turns(response)], response, repeated)
        return response

    def stream(self, prompt: Prompt = None) -> StreamT:
        """Send a prompt together with the conversation; return a stream of the response.

        The prompt and the response are added to the conversation when the stream ends.
        """
        new_turns = _turns(prompt)
        repeated = self._repeated(new_turns)
        with grouped("session", self.name):
            stream: StreamT = self._target().stream(self._messages(new_turns, repeated), **self._fixed_options())
        return stream.ended(lambda ended: self._keep(*self._ended(new_turns, ended), repeated))

    def stream_async(self, prompt: Prompt = None) -> AsyncStreamT:
        """Async version of `stream`."""
        new_turns = _turns(prompt)
        repeated = self._repeated(new_turns)
        messages = self._messages(new_turns, repeated)
        with grouped("session", self.name):
            stream: AsyncStreamT = self._target().stream_async(messages, **self._fixed_options())
        return stream.ended(lambda ended: self._akeep(*self._ended(new_turns, ended), repeated))

    def fork(self, *, name: str | None = None) -> Session[ResponseT, StreamT, AsyncStreamT]:
        """Return a new session with the same model and a copy of the conversation. In the store, the copy has another
        name.

        Without `name`, the copy gets a random name. Raises `StoreError` if the store already has a conversation of that
        name.
        """
        if name is not None and self._store is not None:
            with store_errors():
                if self._store.load(name) is not None:
                    raise StoreError(
                        f"the store already has a conversation {name!r}: choose another name, or delete that one"
                    )
        unsaved = [turn for exchange in self._unsaved for turn in exchange]
        forked = Session(self.model, Conversation((*self.conversation.turns, *unsaved)), store=self._store, name=name)
        forked._options = self._options
        return forked

    def save(self, path: str | Path) -> None:
        """Write the conversation to a file as JSON. To continue it later, use `Session(model,
        Conversation.load(path))`.
        """
        self.conversation.save(path)

    def _target(self) -> Any:
        return self.model

    def _fixed_options(self) -> dict[str, Any]:
        return {name: value for name, value in self._options.items() if value is not None}

    def _repeated(self, new_turns: Sequence[Turn]) -> list[Turn] | None:
        """Return the last exchange that could not be written, if its prompt is sent again now; else None."""
        last = self._unsaved[-1] if self._unsaved else None
        return last if last is not None and new_turns and last[: len(new_turns)] == [*new_turns] else None

    def _messages(self, new_turns: Sequence[Turn], repeated: list[Turn] | None) -> list[Any]:
        unsaved = [turn for exchange in self._unsaved if exchange is not repeated for turn in exchange]
        conversation = Conversation((*self.conversation.turns, *unsaved, *new_turns))
        return Sent(self.model.origin, conversation.sent_to)

    def _keep(self, turns: list[Turn], response: Any, repeated: list[Turn] | None) -> None:
        if not turns:
            return
        with self._lock:  # one lock for store and conversation, so that both have the same order
            unsaved = [*(exchange for exchange in self._unsaved if exchange is not repeated), turns]
            added = [turn for exchange in unsaved for turn in exchange]
            conversation = self._conversation.add(*added)
            try:
                with store_errors(response):
                    if self._store is not None and self._rewrites:
                        replace_turns(self._store, self.name, conversation.turns)
                    elif self._store is not None:
                        self._store.append(self.name, added)
            except BaseException:
                self._unsaved = unsaved
                raise
            self._conversation, self._unsaved, self._rewrites = conversation, [], False

    async def _akeep(self, turns: list[Turn], response: Any, repeated: list[Turn] | None) -> None:
        if self._store is None or not turns:
            self._keep(turns, response, repeated)
        else:
            await in_thread(self._keep, turns, response, repeated)

    def _ended(self, new_turns: Sequence[Turn], stream: Any) -> tuple[list[Turn], Any]:
        try:
            response = stream.construct_call_response(partial=True)
        except StreamNotConsumedError:
            return [], None
        turns = answer_turns(response, whole=stream.state is StreamState.DONE)
        return ([*new_turns, *turns] if turns else []), response


def answer_turns(response: BaseCallResponse[Any, Any], *, whole: bool = True) -> list[Turn]:
    """Return the turns that a response adds to a conversation: one per round, and one for the tool results of each
    round.

    With `whole=False` (the response is incomplete), the last round adds only its text: a tool call without a result
    could not be sent again.
    """
    turns: list[Turn] = []
    for number, answer in enumerate(response.rounds, 1):
        own = answer.provider_response
        outputs = [(one.tool, one.result if one.error is None else one.error) for one in answer.executed]
        if not whole and number == len(response.rounds) and not outputs:
            if own.content:
                message = BaseMessageParam(role="assistant", content=own.content)
                turns.append(Turn(message=message, origin=message_format(type(own)), partial=True))
            break
        native = own.message_param
        turns.append(
            Turn(
                message=own.common_message_param,
                native=native_of(as_list(native) or [native]),
                origin=message_format(type(own)),
            )
        )
        if outputs:
            results = BaseMessageParam(role="tool", content=tool_results(outputs))
            native = native_of(own.tool_message_params(outputs))
            turns.append(Turn(message=results, native=native, origin=message_format(type(own))))
    return turns


def _turns(prompt: Prompt) -> list[Turn]:
    if prompt is None:
        return []
    messages = as_messages(prompt)
    if not all(isinstance(one, BaseMessageParam) for one in messages):
        raise PromptError("a session accepts text, parts and messages in the common form: convert other messages first")
    if not messages or not all(map(has_content, messages)):
        raise PromptError("empty prompt: pass text or parts, or call send() without a prompt to send the conversation")
    return [Turn(message=one) for one in messages]
