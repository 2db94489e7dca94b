"""A history in the common form: the messages of `llm`'s responses and streams, sent to the model again."""

from __future__ import annotations

import pickle

import pytest

from mirascope_like import llm
from mirascope_like.core import BaseMessageParam
from tests.conformance.contract import BaseRow
from tests.conformance.rows import EVERY
from tests.conformance.wires.answer import Answer, Call, Text
from tests.harness.server import Server


def found_book(title: str) -> str:
    """Find a book."""
    return title


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("row", EVERY, ids=lambda row: row.id)
def test_a_history_is_made_of_base_message_params(row: BaseRow, streamed: bool, server: Server) -> None:
    answer = Answer(Call("call_1", "found_book", '{"title":"Emma"}'))
    sent = [BaseMessageParam(role="system", content="Be brief."), BaseMessageParam(role="user", content="A book?")]
    with row.client(server) as client:
        if streamed:
            server.reply(row.wire.streamed(answer))
            stream = llm.call(f"{row.id}:m", client=client, tools=[found_book], stream=True)(lambda: sent)()
            for _ in stream:
                pass
            assert stream.user_message_param == sent[-1]
            response = stream.construct_call_response()
        else:
            server.reply(row.wire.answered(answer))
            response = llm.call(f"{row.id}:m", client=client, tools=[found_book])(lambda: sent)()
        history = [*response.messages, response.message_param]
        history += response.tool_message_params([(tool, tool.call()) for tool in response.tools or []])
        # mirascope 1.25.7 gives BaseMessageParams of these roles (and keeps the system prompt of OpenAI's format).
        assert [(type(one), one.role) for one in history] == [
            (BaseMessageParam, role) for role in ("system", "user", "assistant", "tool")
        ]
        assert response.messages == sent
        assert response.messages is response.messages
        assert response.user_message_param == sent[-1]
        assert pickle.loads(pickle.dumps(response)).messages == sent
        server.reply(row.wire.answered(Answer(Text("Emma"))))
        final = llm.call(f"{row.id}:m", client=client, tools=[found_book])(lambda: history)()
        assert final.messages[0].content == "Be brief."
        assert [one.role for one in final.messages] == ["system", "user", "assistant", "tool"]
