"""Docstrings, comments, messages and docs are in plain technical English (docs/design/glossary.md)."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

PHRASES = {
    r"\banew\b": "again",
    r"\b(?:goes|going|gone|went|go) on (?:with|from)\b": "continue, resume or fall back",
    r"\bgone on\b": "continued",
    r"\bcomes? of\b": "is caused by",
    r"\bcame of\b": "was returned, resulted",
    r"\b(?:had|has|have) come\b": "was received, has arrived",
    r"\b(?:broke|broken|breaks|break) off\b": "was interrupted, is incomplete",
    r"\bin the same words\b": "in the common form",
    r"\bneutral (?:words|form)\b": "the common form",
    r"\bin no provider's words\b": "in the common form",
    r"\bin the provider's (?:own )?words\b": "in the provider's own terms",
    r"\bis no (?:option|call parameter|field|tool|provider|model|conversion)\b": "unknown X, is not an X",
    r"\bhave (?:the|its|a|each|all) [a-z ]{1,30} (?:run|do|called|carried out)\b": "run, let X do",
    r"\bhad to go\b": "can continue",
    r"\b(?:is|are|was|were) told\b": "is reported, is sent, is returned",
    r"\btells? (?:of|that|it|all|what|how|why|whether)\b": "report, return, name the thing",
    r"\ba wish\b": "a command",
    r"\bunheard\b": "ignored",
    r"\blet go\b": "release",
    r"\bsays nothing\b": "is empty",
    r"\btold\b": "was reported, was sent",
    r"\bheard\b": "was received",
    r"\bunasked\b": "without a request",
    r"\basked (?:again|once more|for again)\b": "the request is sent again",
    r"\bas (?:they|it) came\b": "as received",
    r"\bin vain\b": "without a result",
    r"\baccounts? of tokens\b": "usage",
    r"\bis no (?:template|terminal|message|answer|type|event stream|JSON|str)\b": "is not a X",
    r"(?<!there )(?-i:\bis none\b)": "is not one, is None",
    r"\b(?:is|are) to (?:stand|be in|give)\b": "must be, must return",
    r"\bstands? (?:in|at|before|where|around|within|below) (?:the|a|an|it|its|this|that)\b": "is in, precedes",
    r"\b(?:takes?|took) (?:text|documents) (?:of text )?alone\b": "accepts only text",
    r"\bown words\b": "own terms",
    r"\bspeaks? (?:to|for)\b": "sends requests to",
    r"(?<!`)\bbeside\b(?!`)": "in addition to, together with, next to",
    r"\bcode that bills\b": "programs that bill",
    r"\bthis is so for\b": "this applies to",
    r"\bwhat (?:it|they|he) says?\b": "its text",
}
"""Phrases that mislead (regular expressions), and what to write instead."""

NAMES = frozenset(
    {"told", "tell", "tells", "telling", "retold", "untold", "said", "unsaid", "says", "say"}
) | frozenset(
    {
        "heard",
        "hear",
        "hears",
        "asked",
        "answered",
        "spoken",
        "spoke",
        "speaks",
        "remember",
        "bark",
        "barked",
        "keyless",
    }
)
"""Words that are no part of a name in the package: they do not say what a value is."""

NAMES_OF_TESTS = frozenset({"told", "said", "says", "heard", "spoke"})
"""Words that are no part of a name in the tests and benchmarks."""

FOREIGN_NAMES = frozenset({"tell"})
"""Names of Python's own: `file.tell()`."""

EXCEPTIONS: dict[tuple[str, str], str] = {}
"""Places that may keep a phrase: (file, phrase in lower case) and the reason."""

TO_DO: frozenset[str] = frozenset()
"""Folders and files that are not checked: none."""


def python_texts(source: str) -> Iterator[tuple[int, str]]:
    """Yield the strings and comments of a module, with their lines; adjacent comment lines are joined."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
            yield node.lineno, " ".join(node.value.split())
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def texts(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the texts of a file, with their lines. Code blocks of pages count as text."""
    source = path.read_text("utf-8")
    if path.suffix == ".py":
        yield from python_texts(source)
    else:
        yield from ((number, line) for number, line in enumerate(source.splitlines(), 1))


def files() -> list[str]:
    """Return the files whose texts are checked, relative to the project."""
    found = [*ROOT.glob("mirascope_like/**/*.py"), *ROOT.glob("examples/**/*.py"), *ROOT.glob("docs/**/*.md")]
    names = sorted(path.relative_to(ROOT).as_posix() for path in found)
    return [name for name in names if not any(name == one or name.startswith(f"{one}/") for one in TO_DO)]


def faults(name: str) -> list[str]:
    """Return the misleading phrases in a file, with what to write instead."""
    return [
        f"{name}:{line}: {match[0]!r}; write: {instead}"
        for line, text in texts(ROOT / name)
        for pattern, instead in PHRASES.items()
        for match in re.finditer(pattern, text, re.IGNORECASE)
        if (name, match[0].lower()) not in EXCEPTIONS
    ]


def test_plain_english() -> None:
    found = [fault for name in files() for fault in faults(name)]
    assert not found, "\n".join(found)


def names(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield the names in a module that are defined, assigned or read, with their lines."""
    for node in ast.walk(tree):
        for field in ("name", "arg", "id", "attr"):
            if isinstance(name := getattr(node, field, None), str):
                yield getattr(node, "lineno", 0), name


def test_names_are_plain() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}: {name}"
        for path in ROOT.glob("mirascope_like/**/*.py")
        for line, name in names(ast.parse(path.read_text("utf-8")))
        if name not in FOREIGN_NAMES
        if NAMES & set(re.findall(r"[a-z]+", re.sub(r"([A-Z]+)", r"_\1", name).lower()))
    ]
    assert not found, "\n".join(found)


def test_names_of_tests_are_plain() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}: {name}"
        for folder in ("tests", "benchmarks")
        for path in ROOT.glob(f"{folder}/**/*.py")
        if any(word in (source := path.read_text("utf-8")) for word in NAMES_OF_TESTS)
        for line, name in names(ast.parse(source))
        if NAMES_OF_TESTS & set(name.lower().split("_"))
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("text", "phrase"),
    [  # the worst sentences of the old texts
        ("Whether an error comes of having left.", "comes of"),
        ("Of a stream that may go on with it is raised where that failed.", "go on with"),
        ("Where going on from a text failed, what is raised is why it broke off.", "broke off"),
        ("what had come is in `error.partial`", "had come"),
        ("A wish to have the tools of a round run.", "a wish"),
        ("'retires' is no option: did you mean 'retry'?", "is no option"),
        ("nothing is ever begun anew", "anew"),
        ("A sync tool that is late cannot be stopped; it runs on, unheard.", "unheard"),
        ("makes a decorator that is told how every call ends", "is told"),
        ("`finish_reasons` in the same words for every provider.", "in the same words"),
        ("The calls, as they came.", "as they came"),
        ("an account of tokens", "account of tokens"),
        ("the docstring is no template", "is no template"),
        ("What stands before the value", "stands before the"),
        ("It is asked for again at the same limit.", "asked for again"),
        ("response models beside tools", "beside"),
    ],
)
def test_phrases_are_found(text: str, phrase: str) -> None:
    assert phrase in {match[0].lower() for pattern in PHRASES for match in re.finditer(pattern, text, re.IGNORECASE)}


def test_exceptions_have_reasons() -> None:
    assert all(EXCEPTIONS.values())
