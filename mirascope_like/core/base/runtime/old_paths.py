"""Keeps old import paths working, so that old programs and pickles still load: paths of earlier releases, and those of
Mirascope v1.

`mirascope_like.core` installs the finder. Packages that have the name of an old module use the table too.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

ROOT = __name__.partition(".")[0]
CORE = "mirascope_like.core"

OLD_PATHS: Mapping[str, str] = {
    "base._utils": "base.legacy_names.setup_functions",
    "base.asking": "base.calls.request_builder base.calls.options base.tools.function_tool",
    "base.async_stream": "base.streams.async_stream",
    "base.base_prompt": "base.calls.base_prompt",
    "base.base_stream": "base.streams.base_stream",
    "base.call": "base.calls.call",
    "base.call_ids": "base.messages.tool_call_ids",
    "base.call_kwargs": "base.legacy_names.types",
    "base.call_params": "base.request.call_params base.legacy_names.types",
    "base.call_response": "base.response.call_response base.legacy_names.tool_outputs base.legacy_names.types",
    "base.call_response_chunk": "base.response.chunk",
    "base.chunk": "base.response.chunk",
    "base.construct": "base.parsing.sdk_objects",
    "base.conversation": "base.conversations.conversation",
    "base.cost": "base.response.cost",
    "base.deadlines": "base.streams.deadlines",
    "base.dynamic_config": "base.prompts.dynamic_config base.legacy_names.types",
    "base.errors": "base.errors.exceptions base.errors.classification base.errors.adoption",
    "base.events": "base.parsing.sse",
    "base.extract": "base.flows.structured_output",
    "base.fields": "base.prompts.template_fields",
    "base.flow": "base.runtime.sans_io",
    "base.fold": "base.response.accumulator "
    "base.errors.malformed "
    "base.parsing.text_buffer "
    "base.response.indexed_accumulator",
    "base.fragment": "base.parsing.lenient_models",
    "base.from_call_args": "base.request.response_model",
    "base.growth": "base.parsing.partial_parser",
    "base.invalid": "base.errors.validation",
    "base.json_reader": "base.parsing.json_tokenizer",
    "base.json_text": "base.parsing.json_extraction",
    "base.later": "base.runtime.lazy_module",
    "base.limit": "base.provider.concurrency_limit",
    "base.media": "base.messages.media",
    "base.merge_decorators": "base.calls.base_prompt",
    "base.message_param": "base.messages.message base.messages.parts",
    "base.messages": "base.messages.message base.messages.parts base.messages.media",
    "base.metadata": "base.calls.base_prompt",
    "base.model": "base.models.model",
    "base.model_parts": "base.parsing.field_validators",
    "base.models": "base.models.provider_model",
    "base.overrides": "base.request.context_overrides",
    "base.params": "base.request.call_params",
    "base.partial": "base.parsing.partial",
    "base.parts": "base.messages.parts",
    "base.prefill": "base.request.prefill",
    "base.progress": "base.streams.stream_loop base.streams.stream_state base.streams.transcript",
    "base.prompt": "base.prompts.prompt_function base.calls.base_prompt base.prompts.template",
    "base.provider": "base.provider.provider",
    "base.request": "base.request.request",
    "base.response": "base.response.call_response",
    "base.response_model": "base.request.response_model",
    "base.response_model_config_dict": "base.request.response_model",
    "base.resuming": "base.flows.resume base.flows.retry_policy",
    "base.rounds": "base.flows.tool_rounds",
    "base.sdk": "base.errors.missing_sdk",
    "base.sections": "base.prompts.template_sections",
    "base.session": "base.conversations.session",
    "base.shape": "base.parsing.type_structure",
    "base.signatures": "base.runtime.signatures",
    "base.stores": "base.conversations.stores",
    "base.stream": "base.streams.stream base.streams.base_stream",
    "base.stream_config": "base.calls.options",
    "base.stream_events": "base.response.stream_events base.tools.result",
    "base.structure": "base.request.response_format",
    "base.structured": "base.streams.structured_stream base.streams.structured_reader",
    "base.structured_stream": "base.streams.structured_stream",
    "base.task": "base.calls.task",
    "base.template": "base.prompts.template",
    "base.tool": "base.tools.base_tool base.tools.function_tool base.legacy_names",
    "base.tool_loop": "base.tools.executor",
    "base.tool_schema": "base.tools.schema",
    "base.toolkit": "base.tools.toolkit",
    "base.tools": "base.tools.function_tool base.tools.lookup base.tools.base_tool",
    "base.types": "base.legacy_names base.legacy_names.media_metadata base.legacy_names.pil_image "
    "base.response.cost_metadata base.response.finish_reasons",
    "base.usage": "base.response.usage base.response.metadata",
    "base.views": "base.streams.views",
    "base.wire": "base.parsing.json_access",
    "bedrock._types": "bedrock",
    "dialects.answer_tool": "dialects.schemas.answer_tool",
    "dialects.blocks": "dialects.content_blocks.blocks",
    "dialects.catching": "dialects.transport.response_capture",
    "dialects.chat_chunk": "dialects.chat_completions.chunk",
    "dialects.chat_fold": "dialects.chat_completions.accumulator",
    "dialects.chat_merge": "dialects.chat_completions.merge",
    "dialects.chat_messages": "dialects.chat_completions.messages",
    "dialects.chat_provider": "dialects.chat_completions.provider",
    "dialects.chat_response": "dialects.chat_completions.response",
    "dialects.client_provider": "dialects.transport.client_provider",
    "dialects.clients": "base.provider.clients",
    "dialects.failures": "dialects.transport.error_mapping",
    "dialects.gemini_chunk": "dialects.gemini.chunk",
    "dialects.gemini_contents": "dialects.gemini.messages",
    "dialects.gemini_failures": "dialects.gemini.errors",
    "dialects.gemini_fold": "dialects.gemini.accumulator",
    "dialects.gemini_merge": "dialects.gemini.merge",
    "dialects.gemini_objects": "dialects.gemini.object_accumulator",
    "dialects.gemini_provider": "dialects.gemini.provider",
    "dialects.gemini_response": "dialects.gemini.response",
    "dialects.gemini_source": "dialects.gemini.source",
    "dialects.mould": "dialects.chat_completions.delta_fast_path",
    "dialects.open_schema": "dialects.schemas.inlined_schema",
    "dialects.openai_params": "dialects.chat_completions.params",
    "dialects.openai_sdk": "dialects.chat_completions.openai_types",
    "dialects.parameters": "dialects.transport.sdk_params",
    "dialects.responses_fold": "dialects.responses.accumulator",
    "dialects.responses_messages": "dialects.responses.messages",
    "dialects.responses_params": "dialects.responses.params",
    "dialects.responses_provider": "dialects.responses.provider",
    "dialects.responses_sdk": "dialects.responses.types",
    "dialects.sdk": "dialects.transport.sdk_provider",
    "dialects.strict_schema": "dialects.schemas.strict",
    "dialects.threads": "dialects.transport.threaded_provider",
    "dialects.turns": "dialects.content_blocks.turns",
}
"""Old module path below `core` → the modules that define its names now, separated by spaces."""

V1_PROVIDER_MODULES = frozenset(
    {"_call", "call_params", "call_response", "call_response_chunk", "dynamic_config", "stream", "tool"}
)
"""Modules that each provider's package had in Mirascope v1. Their names are now defined by the package itself."""
V1_MODULES = frozenset(
    {
        *("llm.call_response", "llm.call_response_chunk", "llm.context", "llm.stream", "llm.tool"),
        *("tools.system", "tools.web", "core.costs.calculate_cost"),
    }
)
"""Other modules that packages had, in Mirascope v1 and here. Their names are now defined by the package itself."""
FUNCTIONS: Mapping[str, str] = {
    f"{CORE}.base.merge_decorators": "merge_decorators",
    f"{CORE}.base.metadata": "Metadata",
    f"{CORE}.costs.calculate_cost": "calculate_cost",
    f"{ROOT}.llm.context": "Settings context override",
}
"""Old modules that have the name of a function of their package → their names. The import system sets the attribute of
the package to the module, so the function itself is imported as the module, with these names as attributes.
"""


def homes_of(module: str) -> Sequence[str]:
    """Return the full names of the modules that now define the names of an old module; an empty list if `module` is
    not an old path.
    """
    if (below := module.removeprefix(f"{ROOT}.")) in V1_MODULES:
        return (f"{ROOT}.{below.partition('.')[0]}",)
    package, _, name = module.removeprefix(f"{CORE}.").rpartition(".")
    if not module.startswith(f"{CORE}."):
        return ()
    if name in V1_PROVIDER_MODULES and package and package not in ("base", "dialects") and "." not in package:
        return (f"{CORE}.{package}", f"{CORE}.base")
    return [f"{CORE}.{home}" for home in OLD_PATHS.get(f"{package}.{name}", "").split()]


def find(module: str, name: str) -> Any:
    """Return the object that `name` in an old module now refers to. Raises `AttributeError` if the old module had no
    such name.
    """
    if not name.startswith("__"):
        for home in homes_of(module):
            if home != module and hasattr(found := import_module(home), name):
                return getattr(found, name)
    raise AttributeError(f"module {module!r} has no attribute {name!r}")


class OldModule(ModuleType):
    """A module at an old path. Defines no names itself: it looks up each name in the new modules."""

    def __getattr__(self, name: str) -> Any:
        return find(self.__name__, name)

    def __dir__(self) -> list[str]:
        return sorted({name for home in homes_of(self.__name__) for name in dir(import_module(home))})


class OldPathFinder(MetaPathFinder, Loader):
    """A finder for modules at old paths. It is the last in `sys.meta_path`, so it is called only for modules that no
    other finder knows.
    """

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        return ModuleSpec(fullname, self) if homes_of(fullname) else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return OldModule(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Replace the module by the function of its name if it is in `FUNCTIONS`. Otherwise do nothing: `OldModule`
        looks up names when they are read.
        """
        if (names := FUNCTIONS.get(module.__name__)) is not None:
            function = find(module.__name__, module.__name__.rpartition(".")[2])
            for name in names.split():
                setattr(function, name, find(module.__name__, name))
            sys.modules[module.__name__] = function


def install() -> None:
    """Install the finder for old paths, unless it is already installed."""
    if not any(isinstance(finder, OldPathFinder) for finder in sys.meta_path):
        sys.meta_path.append(OldPathFinder())
