"""HTML that is safe to build from any text: `element` escapes all that is not HTML already."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from urllib.parse import urlencode

from ....core.base.runtime import visible

VOID = frozenset({"input", "link", "meta"})


class Html(str):
    """A text that is HTML already. Only functions of this module make it."""

    __slots__ = ()


Child = str | int | float | None | Iterable["Child"]
"""What an element contains: HTML, texts (they are escaped), numbers, lists of these; None is left out."""


def element(name: str, /, *children: Child, **attributes: str | int | float | bool | None) -> Html:
    """Return an element. `class_` is the attribute "class", `data_id` is "data-id". Attributes of None and False are
    left out, and those of True have no value.

    Raises `ValueError` for an address that is not on this page, and for an attribute with code.
    """
    given = "".join(_attribute(_name(key), value) for key, value in attributes.items())
    if name in VOID:
        return Html(f"<{name}{given}>")
    return Html(f"<{name}{given}>{joined(children)}</{name}>")


def joined(child: Child) -> Html:
    """Return the HTML of children, one after the other."""
    if isinstance(child, Html):
        return child
    if isinstance(child, str):
        return _escaped(child)
    if child is None:
        return Html("")
    if isinstance(child, int | float):
        return Html(str(child))
    return Html("".join(map(joined, child)))


def address(path: str, parameters: Iterable[tuple[str, str]] = ()) -> str:
    """Return a path of this page with its parameters, encoded."""
    query = urlencode(list(parameters), errors="replace")
    return f"{path}?{query}" if query else path


def _name(key: str) -> str:
    return key.removesuffix("_").replace("_", "-")


def _attribute(name: str, value: str | int | float | bool | None) -> str:
    if value is None or value is False:
        return ""
    if value is True:
        return f" {name}"
    text = str(value)
    if name in ("href", "action", "src") and (text[:1] not in ("/", "?", "#") or text[1:2] in ("/", "\\")):
        raise ValueError(f"not an address on this page: {text!r}")
    if name.startswith("on") or name == "style":
        raise ValueError(f"the attribute {name!r} is not allowed")
    return f' {name}="{_escaped(text)}"'


def _escaped(text: str) -> Html:
    return Html(escape(visible(text.replace("\r\n", "\n"))))
