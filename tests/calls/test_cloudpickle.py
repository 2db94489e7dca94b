"""Decorated calls of a script or a notebook go through cloudpickle, with which Ray, Dask and joblib send them.

cloudpickle pickles functions of `__main__` by value, with the global names that they use. Ray 2.60 and Dask send what a
worker returns back with it, too.
"""

from __future__ import annotations

import asyncio
import importlib
import pickle
import pkgutil
import sys
from collections.abc import Iterator
from inspect import iscoroutine
from pathlib import Path
from types import CodeType
from typing import Any

import cloudpickle
import pytest

from tests.conformance.providers import OPENAI
from tests.conformance.wires.answer import Answer, Call, Text
from tests.harness.server import Reply, Server

SCRIPT = '''
import openai as openai_sdk
from pydantic import BaseModel
from mirascope_like import llm
from mirascope_like.core import ToolLoop, openai
from mirascope_like.core.base.observation import Observer, observe_call


own_client = openai_sdk.OpenAI()


class Book(BaseModel):
    title: str


def look(where: str) -> str:
    """Look at a place."""
    return f"looked at {where}"


class Seen(Observer):
    pass


@openai.call("m")
def plain() -> str:
    return "Hi"


@openai.call("m")
async def awaited() -> str:
    return "Hi"


@openai.call("m", response_model=Book, max_retries=2)
def structured() -> str:
    return "Hi"


@openai.call("m", tools=[look])
def tooled() -> str:
    return "Hi"


@openai.call("m", tools=[look], tool_loop=ToolLoop())
def looped() -> str:
    return "Hi"


@openai.call("m", output_parser=lambda response: response.content)
def parsed() -> str:
    return "Hi"


@openai.call("m", client=lambda: openai_sdk.OpenAI())
def made() -> str:
    return "Hi"


@openai.call("m", client=own_client)
def owned() -> str:
    return "Hi"


@llm.call("openai:m")
def neutral() -> str:
    return "Hi"


overridden = llm.override(neutral, call_params={"temperature": 0.5})
titled = llm.override(neutral, response_model=Book)
observed = observe_call(Seen())(plain)
limited = openai.model("m", max_concurrent=2)


@limited.call()
def of_model() -> str:
    return "Hi"
'''
BOOK = Call("t1", "Book", '{"title": "Dune"}')
LOOKED = Call("t1", "look", '{"where": "there"}')
RESULTS = {
    **dict.fromkeys(("plain", "awaited", "made", "owned", "neutral", "overridden", "observed", "of_model"), "Hello"),
    "parsed": "Hello",
    "structured": "title='Dune'",
    "titled": "title='Dune'",
    "tooled": "looked at there",
    "looped": "Hello",
}


def answers(name: str) -> list[Reply]:
    rounds = {"looped": [Answer(LOOKED), Answer(Text("Hello"))], "tooled": [Answer(LOOKED)]}
    wanted = [Answer(BOOK)] if "title" in RESULTS[name] else [Answer(Text("Hello"))]
    return [OPENAI.wire.answered(one) for one in rounds.get(name, wanted)]


@pytest.fixture(scope="module")
def script() -> Iterator[dict[str, Any]]:
    """The names of a script: cloudpickle pickles its functions and classes by value."""
    names: dict[str, Any] = {"__name__": "__main__"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPENAI_API_KEY", "sk-environment-1")
        exec(compile(SCRIPT, "script.py", "exec"), names)
    with names["own_client"]:
        yield names


def asked(call: Any) -> Any:
    result = call()
    return asyncio.run(result) if iscoroutine(result) else result


def shown(result: Any) -> str:
    tool = getattr(result, "tool", None)
    return tool.call() if tool is not None else str(getattr(result, "content", result))


@pytest.mark.parametrize("name", RESULTS)
def test_a_call_of_a_script(name: str, script: dict[str, Any], server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before and after it was used, and what it returned; back where the script runs, its tools are found."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-environment-1")
    monkeypatch.setenv("OPENAI_BASE_URL", f"{server.url}/v1")
    for again in (cloudpickle.dumps(script[name]), None):
        server.reply(*answers(name))
        sent = pickle.loads(again or cloudpickle.dumps(script[name]))
        assert sent is not script[name]
        result = asked(sent)
        assert shown(result) == RESULTS[name]
        returned = cloudpickle.dumps(result)
        assert b"sk-environment" not in returned
        with monkeypatch.context() as patch:
            patch.setattr(sys.modules["__main__"], "look", script["look"], raising=False)
            assert shown(pickle.loads(returned)) == RESULTS[name]
        if name != "owned":  # its client has another address
            server.reply(*answers(name))
            asked(script[name])


def nested(code: CodeType, *, inside: bool = False) -> Iterator[CodeType]:
    """The functions inside functions: cloudpickle pickles these by value, in whatever module they are."""
    for one in code.co_consts:
        if isinstance(one, CodeType):
            function = bool(one.co_flags & 1)  # CO_OPTIMIZED: not the body of a class
            if inside and function and not one.co_name.startswith("<"):
                yield one
            yield from nested(one, inside=inside or function)


def test_what_inner_functions_use() -> None:
    """Locks and context variables cannot be pickled: functions at the top of a module may use them."""
    failed: set[str] = set()
    for package in ("core.base.calls", "core.base.observation", "core.base.runtime", "llm", "retries"):
        top = importlib.import_module(f"mirascope_like.{package}")
        for found in pkgutil.walk_packages(top.__path__, f"{top.__name__}."):
            module = importlib.import_module(found.name)
            source = Path(str(module.__file__))
            for code in nested(compile(source.read_bytes(), source, "exec")):
                for name in {*code.co_names} & {*vars(module)}:
                    try:
                        cloudpickle.loads(cloudpickle.dumps(vars(module)[name]))
                    except Exception:
                        failed.add(f"{found.name.removeprefix('mirascope_like.')}: {name} in {code.co_qualname}")
    assert failed == {"core.base.observation.scope: _lock in observe_process.<locals>.stop"}
