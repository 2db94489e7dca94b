"""With a recording of real calls, which `pytest --llm-record=new` made."""

from helpdesk import answers


def test_answer(recording):
    assert answers.ask("Hello").content == "Hello from the provider"
    assert recording.requests[0]["messages"] == [{"role": "user", "content": "Hello"}]


def test_stream(recording):
    stream = answers.explain("snow")
    assert [chunk.content for chunk, _ in stream if chunk.content] == ["Snow", " is", " cold"]
    assert stream.construct_call_response().content == "Snow is cold"
