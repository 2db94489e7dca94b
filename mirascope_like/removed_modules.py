"""Names of Mirascope v1 that have no equivalent here. They can be imported; using one raises an error that says what to
use instead.

The package installs the finder. A module that exists is always found before it.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, NoReturn

_MCP = "use the package `mcp`, and pass its tools as functions in `tools=`"
_REALTIME = "use `openai.AsyncOpenAI().realtime.connect(model=...)` of OpenAI's SDK"
_RAG = "use the client of the vector store or the embedding model itself, and pass what it finds as an argument"
_GRAPH = "write the steps as functions, or use `Session` and `ToolLoop` of `core`"
_SETUP = "use `provider.call`, or the methods of a response and `Conversation.to_provider` for single steps"
_PROVIDERS = "anthropic azure bedrock cohere gemini google groq mistral openai vertex"
_V0 = "write the call with the decorators of `core`, such as `openai.call`"

REMOVED: Mapping[str, tuple[str, str]] = {
    "beta": ("openai rag", ""),
    "beta.openai": (
        "Context OpenAIRealtimeTool Realtime RealtimeToolParam async_input realtime record record_as_stream",
        _REALTIME,
    ),
    "beta.openai.realtime": ("Context OpenAIRealtimeTool Realtime async_input record record_as_stream", _REALTIME),
    "beta.rag": (
        "BaseChunker BaseEmbedder BaseEmbeddingParams BaseEmbeddingResponse BaseQueryResults BaseVectorStore "
        "BaseVectorStoreParams Document TextChunker base chroma cohere openai pinecone weaviate",
        _RAG,
    ),
    "beta.rag.base": (
        "BaseChunker BaseEmbedder BaseEmbeddingParams BaseEmbeddingResponse BaseQueryResults BaseVectorStore "
        "BaseVectorStoreParams Document TextChunker",
        _RAG,
    ),
    "beta.rag.chroma": ("ChromaParams ChromaQueryResult ChromaSettings ChromaVectorStore", _RAG),
    "beta.rag.cohere": ("CohereEmbedder CohereEmbeddingParams CohereEmbeddingResponse", _RAG),
    "beta.rag.openai": ("OpenAIEmbedder OpenAIEmbeddingParams OpenAIEmbeddingResponse", _RAG),
    "beta.rag.pinecone": (
        "PineconeParams PineconePodParams PineconeQueryResult PineconeServerlessParams PineconeSettings "
        "PineconeVectorStore",
        _RAG,
    ),
    "beta.rag.weaviate": ("WeaviateParams WeaviateSettings WeaviateVectorStore", _RAG),
    **{
        f"core.{name}._utils": (
            "convert_common_call_params convert_message_params get_json_output handle_stream handle_stream_async "
            "setup_call",
            _SETUP,
        )
        for name in _PROVIDERS.split()
    },
    **{f"core.{name}._utils": ("setup_call", _SETUP) for name in ("litellm", "xai")},
    "experimental": ("graphs", ""),
    "experimental.graphs": ("FiniteStateMachine RunContext", _GRAPH),
    "mcp": ("MCPClient MCPServer MCPTool sse_client stdio_client", _MCP),
    "mcp.client": ("MCPClient sse_client stdio_client", _MCP),
    "mcp.server": ("MCPServer", _MCP),
    "mcp.tools": ("MCPTool MCPToolToolConfig", _MCP),
    "v0": ("anthropic base openai", _V0),
    "v0.anthropic": ("AnthropicCall AnthropicCallParams AnthropicExtractor", _V0),
    "v0.base": ("BaseCall BaseCallParams BaseExtractor ExtractedType tags", _V0),
    "v0.openai": ("OpenAICall OpenAICallParams OpenAIExtractor OpenAITool", _V0),
}
"""Module path below the package → its names in Mirascope v1, separated by spaces, and what to use instead. A name that
is a module of the table is that module.
"""


class Removed:
    """A name of Mirascope v1 that has no equivalent. Calling it, subclassing it and reading an attribute raise
    `ConfigurationError`.
    """

    def __init__(self, name: str, instead: str) -> None:
        self._name = name
        self._instead = instead

    def _refuse(self) -> NoReturn:
        from .core.base.errors import ConfigurationError  # imported here: the finder is installed before the core

        raise ConfigurationError(f"{self._name} of Mirascope v1 is not included: {self._instead}")

    def __call__(self, *args: Any, **kwargs: Any) -> NoReturn:
        self._refuse()

    def __mro_entries__(self, bases: Any) -> NoReturn:
        self._refuse()

    def __getitem__(self, parameters: Any) -> Removed:
        return self  # in annotations

    def __or__(self, other: Any) -> Any:
        return Any  # in annotations

    __ror__ = __or__

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):
            raise AttributeError(name)
        self._refuse()

    def __repr__(self) -> str:
        return f"<{self._name} of Mirascope v1, which is not included>"


class RemovedModule(ModuleType):
    """A module of Mirascope v1 whose names are `Removed` objects, or such modules."""

    def __init__(self, name: str) -> None:
        super().__init__(name, "A module of Mirascope v1 that is not included.")
        below = name.partition(".")[2]
        names, instead = REMOVED[below]
        self.__all__ = names.split()
        for one in self.__all__:
            if f"{below}.{one}" not in REMOVED:
                setattr(self, one, Removed(f"{below}.{one}", instead))

    def __getattr__(self, name: str) -> Any:
        if name in self.__dict__.get("__all__", ()):
            from importlib import import_module

            return import_module(f"{self.__name__}.{name}")
        raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")


class RemovedModuleFinder(MetaPathFinder, Loader):
    """A finder for the modules in `REMOVED`. It is the last in `sys.meta_path`, so it is called only for modules that
    no other finder knows.
    """

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        package, _, below = fullname.partition(".")
        if package != __package__ or below not in REMOVED:
            return None
        return ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return RemovedModule(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Do nothing: the names of the module are set when it is made."""


def install() -> None:
    """Install the finder for removed modules, unless it is already installed."""
    if not any(isinstance(finder, RemovedModuleFinder) for finder in sys.meta_path):
        sys.meta_path.append(RemovedModuleFinder())
