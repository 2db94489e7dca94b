"""What `inspect.signature`, `help` and frameworks read of a `call` and of the functions that it decorates.

FastAPI and MCP servers make the schema of a result from the return annotation of a function, and validate the result.
"""

from __future__ import annotations

from collections.abc import Callable
from inspect import Parameter, Signature, signature
from typing import Any, Union, cast, get_type_hints

from .options import Options

UNKNOWN: Any = Signature.empty
_DEFAULTS = {"json_mode": False, "retry": 0, "fallback": (), "resume": False}
"""The defaults of options; None for all others."""


class InstanceSignature:
    """The attribute `__signature__` of a `call`, made when it is read. The class itself does not have it."""

    def __get__(self, call: Any, owner: type) -> Signature:
        if call is None:
            raise AttributeError("__signature__")
        made: Signature = call.signature()
        return made


def call_signature(form: Callable[..., Any], params: type[Any], *, open_choice: bool) -> Signature:
    """Return the signature of a `call` with each of its options. `form` is `Call.__call__`."""
    _, *named, _ = signature(form).parameters.values()  # without `self` and `**options`
    kinds = {name: getattr(kind, "__forward_arg__", kind) for name, kind in Options.__annotations__.items()}
    kinds["call_params"] = params
    if not open_choice:
        del kinds["provider"]
    options = [
        Parameter(name, Parameter.KEYWORD_ONLY, default=_DEFAULTS.get(name), annotation=kind)
        for name, kind in kinds.items()
    ]
    return Signature([*named, *options])


def described(made: Callable[..., Any], own: Signature, kind: Any, model: str) -> Callable[..., Any]:
    """Set the return annotation and the model (as in Mirascope v1) of a function that wraps another, and return it.

    `own` is the signature of the other function.
    """
    hints = {name: one for name, one in made.__annotations__.items() if name != "return"}
    made.__annotations__ = (
        hints if kind is UNKNOWN else {**hints, "return": kind}
    )  # the other function has the old dict
    shown = cast("Any", made)
    shown.__signature__ = own.replace(return_annotation=kind)
    shown._model = model
    return made


def returned_type(response: type[Any], wanted: Any, parse: Callable[[Any], Any] | None, *, tools: bool) -> Any:
    """Return the type of the result of a call that does not stream; `UNKNOWN` if its parser does not tell.

    `wanted` is the response model, or `UNKNOWN`. If there are `tools` too, the call may return the response instead.
    """
    kind = wanted if wanted is not UNKNOWN else response
    if parse is not None:
        kind = _result_of(parse)
    if wanted is UNKNOWN or not tools or kind is UNKNOWN:
        return kind
    return Union[kind, response]  # noqa: UP007  # a value, and not every type has `|`


def _result_of(parse: Callable[[Any], Any]) -> Any:
    if isinstance(parse, type):
        return cast("Any", parse)
    try:
        return get_type_hints(parse).get("return", UNKNOWN)
    except Exception:  # a callable object has no hints, and an annotation may name anything
        return UNKNOWN
