"""Errors that are noted and raised, or answered with something else; and a decorator below the middleware's own.

Model: error 400
Model: error 400
Model: Ride to Oslo.
Prints: noted suggest True
Prints: raised
Prints: Stay at home.
Prints: before
Prints: Ride to Oslo.
"""

from collections.abc import Callable
from functools import wraps

from mirascope import llm
from mirascope.integrations import middleware_factory


def note(error: Exception, fn: Callable, context: None) -> None:
    print("noted", fn.__name__, "no more today" in str(error))
    raise error


def announced(fn):
    @wraps(fn)
    def inner(*args, **kwargs):
        print("before")
        return fn(*args, **kwargs)

    return inner


@llm.call(provider="openai", model="gpt-4o-mini")
def suggest(vehicle: str) -> str:
    return f"Suggest a trip by {vehicle}"


try:
    middleware_factory(handle_error=note)(suggest)("train")
except Exception:
    print("raised")
print(middleware_factory(handle_error=lambda error, fn, context: "Stay at home.")(suggest)("train"))
print(middleware_factory(custom_decorator=announced)(suggest)("train"))
