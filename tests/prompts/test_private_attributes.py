"""A template never reads an attribute that begins with an underscore.

Source: reports about format strings of users that reach `__globals__`, and with it keys, through `__class__`.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from mirascope_like.core import PromptError, prompt_template


@pytest.mark.parametrize(
    "path", ["_secret", "__class__", "a.__init__", "a.__class__.__mro__", "a[0].__dict__", "_s:list"]
)
def test_private_attributes(path: str) -> None:
    def ask(x: Any) -> None: ...

    with pytest.raises(PromptError, match=r"the attribute '_\w+' is private"):
        prompt_template(f"{{x.{path}}}")(ask)(SimpleNamespace(_secret="sk-1", a=[1]))


def test_keys_and_variables_may_begin_so() -> None:
    @prompt_template("{_x[_y]}")
    def ask(_x: Any) -> None: ...

    assert ask({"_y": "text"})[0].content == "text"
