"""How notebooks show a response: its text, tools, usage and cost, as HTML and as Markdown.

What a model wrote is never used as HTML, and neither loads images nor has links: it may be written by somebody else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from html import escape
from typing import Any, NamedTuple

from ..runtime import visible

_FENCE = re.compile(r"( {0,3})(`{3,}|~{3,})([^`\n]*)$")
_LANGUAGE = re.compile(r"[\w+#.-]{0,30}")
_MUTED = "color: gray; font-size: smaller"
_PRE = "white-space: pre-wrap; overflow-wrap: anywhere"


class Shown(NamedTuple):
    """What is shown of a response, or of a part of it."""

    text: str
    thinking: str = ""
    tools: Sequence[tuple[str, str]] = ()
    """The name and the arguments (JSON) of each tool call."""
    footer: str = ""
    """The model, its usage and its cost."""
    error: str = ""
    value: str = ""
    """The value of a structured output, as JSON. It is shown in place of the text, which is the same JSON."""

    def html(self) -> str:
        """Return the HTML."""
        parts: list[str] = []
        if self.thinking:
            thoughts = f'<div style="{_PRE}; {_MUTED}">{escape(self.thinking)}</div>'
            parts.append(f"<details><summary>Thinking</summary>{thoughts}</details>")
        parts += [_code_block(self.value)] if self.value else []
        parts += [_paragraphs(self.text)] if self.text else []
        for name, arguments in self.tools:
            parts.append(f'<div>Tool <code>{escape(name)}</code><pre style="{_PRE}">{escape(arguments)}</pre></div>')
        if self.error:
            parts.append(f'<div style="color: firebrick">{escape(self.error)}</div>')
        if self.footer:
            parts.append(f'<div style="{_MUTED}">{escape(self.footer)}</div>')
        return f"<div>{''.join(parts)}</div>"

    def markdown(self) -> str:
        """Return the Markdown. The text of the model keeps its own Markdown, but for HTML, images and links."""
        parts = [_block(self.value, "json")] if self.value else []
        parts += [_harmless(self.text)] if self.text else []
        if self.thinking:
            parts.insert(0, _quoted(self.thinking))
        for name, arguments in self.tools:
            parts.append(f"Tool {_code(name)}\n\n{_block(arguments, 'json')}")
        parts += [f"_{_plain(line)}_" for line in (self.error, self.footer) if line]
        return "\n\n".join(parts)

    def lines(self) -> str:
        """Return the form for a terminal: plain text, with control characters as escapes."""
        tools = [f"Tool {name}({arguments})" for name, arguments in self.tools]
        parts = [self.thinking, self.value, self.text, *tools, self.error, self.footer]
        return visible("\n\n".join(part for part in parts if part))

    def bundle(self) -> dict[str, str]:
        """Return the forms by MIME type, as Jupyter expects them."""
        return {"text/plain": self.value or self.text, "text/markdown": self.markdown(), "text/html": self.html()}


class ShownInNotebooks:
    """Base class of responses: the methods that Jupyter calls."""

    def _repr_html_(self) -> str:
        return shown_response(self).html()

    def _repr_markdown_(self) -> str:
        return shown_response(self).markdown()


def shown_response(response: Any) -> Shown:
    """Return what is shown of a response."""
    calls = [(str(call.name), pretty_json(call.arguments)) for call in response.provider_response._calls]
    return Shown(response.content or response.refusal or "", response.thinking or "", calls, _footer(response))


def _footer(response: Any) -> str:
    usage, cost = response.common_usage, response.cost
    reasons = [str(one) for one in response.common_finish_reasons or ()]
    counts = [] if usage is None else [(usage.input_tokens, "in"), (usage.output_tokens, "out")]
    tokens = ", ".join(f"{count:,} {kind}" for count, kind in counts if count is not None)
    parts = [
        f"{response.provider_response.provider} {response.model or ''}".strip(),
        f"{tokens} tokens" if tokens else "",
        f"${cost:.6f}" if cost is not None else "",
        "" if reasons in ([], ["stop"]) else ", ".join(reasons),
    ]
    return " · ".join(part for part in parts if part)


def pretty_json(text: str) -> str:
    """Return JSON with line breaks and indentation; any other text unchanged."""
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return text


def _paragraphs(text: str) -> str:
    """Return text as HTML: with blocks of code, and otherwise with its line breaks."""
    parts = [
        _code_block(part) if code else f'<div style="{_PRE}">{escape(part)}</div>'
        for code, _, part in _parts(text)
        if part.strip()
    ]
    return "".join(parts)


def _code_block(text: str) -> str:
    return f'<pre style="{_PRE}"><code>{escape(text)}</code></pre>'


def _harmless(text: str) -> str:
    return "\n\n".join(_block(part, language) if code else _plain(part) for code, language, part in _parts(text))


def _parts(text: str) -> list[tuple[bool, str, str]]:
    """Return the parts of a text: if each is a fenced block of code, its language, and its text."""
    parts: list[tuple[bool, str, list[str]]] = [(False, "", [])]
    fence = ""
    for line in text.splitlines():
        found = _FENCE.match(line)
        if not fence and found is not None:
            fence = found[2]
            parts.append((True, found[3].strip(), []))
        elif fence and line.strip().startswith(fence) and not line.strip().strip(fence[0]):
            fence = ""
            parts.append((False, "", []))
        else:
            parts[-1][2].append(line)
    return [(code, language, "\n".join(lines)) for code, language, lines in parts if lines]


def _plain(text: str) -> str:
    """Return Markdown in which no HTML, image, link or link definition remains; its characters are shown instead."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace("![", r"!\[")
    return text.replace("](", r"]\(").replace("]:", r"]\:").replace("][", r"]\[")


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}" for line in _plain(text).splitlines())


def _code(text: str) -> str:
    return f"`{text}`" if re.fullmatch(r"[\w.-]+", text) else _plain(text)


def _block(text: str, language: str) -> str:
    """Return a block of code whose fence is longer than any in it."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language if _LANGUAGE.fullmatch(language) else ''}\n{text}\n{fence}"
