"""With a log of all calls, from which the typed responses are loaded again."""

import pytest
from helpdesk import answers

from mirascope_like.core import BadRequestError
from mirascope_like.integrations.log import SQLiteLog, log_calls
from mirascope_like.testing import error


def test_log(tmp_path, fake_model):
    fake_model.add("Hi", "Snow is cold", answers.Ticket(title="Refund", urgent=True), error(400, "no such model"))
    with SQLiteLog(tmp_path / "calls.db") as log:
        with log_calls(log, tags={"team": "help"}):
            response = answers.ask("Hello")
            streamed = answers.explain("snow").collect()
            answers.triage("Money!")
            with pytest.raises(BadRequestError):
                answers.ask("once more")
        failed, structured, explained, asked = log.find(tags={"team": "help"})
        assert log.get(asked.id) == response
        assert log.get(explained.id) == streamed
        assert structured.function == "helpdesk.answers.triage"
        assert (failed.state, failed.prompt) == ("failed", "once more")
        assert "no such model" in failed.error
