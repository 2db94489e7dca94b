"""The error for a reply that does not fit is ours and pydantic's."""

from __future__ import annotations

import pickle

import pytest
from pydantic import BaseModel, Field, ValidationError, field_validator
from pydantic_core import PydanticCustomError

from mirascope_like.core.base.errors import MirascopeLikeError, ResponseParseError, complaint, parse_error


class Strange(BaseModel):
    number: int = Field(ge=2)
    word: str
    own: str = "x"

    @field_validator("word")
    @classmethod
    def upper(cls, word: str) -> str:
        if not word.isupper():
            raise ValueError("not upper {case}")
        return word

    @field_validator("own")
    @classmethod
    def mine(cls, own: str) -> str:
        raise PydanticCustomError("mine", "bad {thing}", {"thing": own})


def fault(text: str) -> ValidationError:
    with pytest.raises(ValidationError) as caught:
        Strange.model_validate_json(text)
    return caught.value


@pytest.mark.parametrize("text", ['{"number": "x", "word": "y", "own": "z"}', '{"word": "Y"}', "{"])
def test_both(text: str) -> None:
    cause = fault(text)
    error = parse_error(cause, "the reply")
    assert isinstance(error, ResponseParseError)
    assert isinstance(error, MirascopeLikeError)
    assert isinstance(error, ValidationError)
    assert isinstance(error, ValueError)
    assert str(error) == str(cause)
    assert error.errors(include_context=False) == cause.errors(include_context=False)
    assert error.title == cause.title
    assert error.response == "the reply"
    assert error._response == "the reply"
    assert error.__cause__ is cause
    with pytest.raises(ValidationError, match="validation error"):
        raise error
    with pytest.raises(ResponseParseError, match="validation error"):
        raise error


def test_pickled() -> None:
    error = parse_error(fault('{"number": 1, "word": "Y", "own": "z"}'), "the reply")
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert str(again) == str(error)
    assert again.response == "the reply"


def test_elsewhere() -> None:
    error = parse_error(fault('{"number": 1, "word": "Y"}'), prefix=["books", 3])
    assert [one["loc"] for one in error.errors()] == [("books", 3, "number")]


def test_other_faults_are_ours_alone() -> None:
    error = parse_error(RuntimeError("the validator broke"), "the reply")
    assert not isinstance(error, ValidationError)
    assert error.errors() == []
    assert str(error) == "the validator broke"


def test_complaint() -> None:
    message = complaint(fault('{"number": "x", "word": "y", "own": "z"}'))
    assert message == (
        "number: Input should be a valid integer, unable to parse string as an integer; "
        "word: Value error, not upper {case}; own: bad z"
    )
    assert complaint(ResponseParseError("no JSON")) == "no JSON"
