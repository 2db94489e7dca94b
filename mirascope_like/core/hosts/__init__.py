"""Calls to hosts with OpenAI-compatible APIs, through OpenAI's SDK. A new host needs no code, only a description:

    mine = Host("mine", "https://llm.example.com/v1", "MINE_API_KEY")

    @mine.call("some-model")
    def recommend(genre: str) -> str: ...

Requests to Ollama are sent to its `/v1`; if you pass a client of the package `ollama`, to its own `/api/chat`.
"""

from __future__ import annotations

from ..base.errors import load_sdk
from ..base.runtime import Listing

load_sdk("openai", extra="openai")

from ..base.request import Prefill  # noqa: E402  # after the check for the SDK, whose error names the extra
from .host import Host, HostProvider, HostResponses  # noqa: E402
from .types import (  # noqa: E402
    HostAsyncStream,
    HostCallParams,
    HostCallResponse,
    HostCallResponseChunk,
    HostDynamicConfig,
    HostFinishReason,
    HostMessageParam,
    HostStream,
    HostTool,
)
from .xai_host import XAIHost  # noqa: E402

_BOTH = ("max_tokens", "max_completion_tokens")

cerebras: Host = Host("cerebras", "https://api.cerebras.ai/v1", "CEREBRAS_API_KEY", limits=_BOTH)
deepseek: Host = Host(
    "deepseek",
    "https://api.deepseek.com",
    "DEEPSEEK_API_KEY",
    prefill=Prefill({"prefix": True}, path="/beta/chat/completions"),
)
fireworks: Host = Host("fireworks", "https://api.fireworks.ai/inference/v1", "FIREWORKS_API_KEY")
huggingface: Host = Host("huggingface", "https://router.huggingface.co/v1", "HF_TOKEN")
lmstudio: Host = Host("lmstudio", "http://localhost:1234/v1", "LMSTUDIO_API_KEY", needs_key=False)
ollama: Host = Host("ollama", "http://localhost:11434/v1", "OLLAMA_API_KEY", needs_key=False)
openrouter: Host = Host(
    "openrouter",
    "https://openrouter.ai/api/v1",
    "OPENROUTER_API_KEY",
    cache_marks=True,
    returns_images=True,
    limits=_BOTH,
    prefill=Prefill(models=("anthropic/",)),
)
perplexity: Host = Host("perplexity", "https://api.perplexity.ai", "PERPLEXITY_API_KEY")
together: Host = Host("together", "https://api.together.xyz/v1", "TOGETHER_API_KEY")
vllm: Host = Host(
    "vllm",
    "http://localhost:8000/v1",
    "VLLM_API_KEY",
    needs_key=False,
    limits=_BOTH,
    prefill=Prefill(body={"continue_final_message": True, "add_generation_prompt": False}),
)
xai: XAIHost = XAIHost("xai", "https://api.x.ai/v1", "XAI_API_KEY", limits=_BOTH, priced_as="x-ai", prefix="XAI")
zai: Host = Host("zai", "https://api.z.ai/api/paas/v4", "ZAI_API_KEY")

__all__ = [
    "Host",
    "HostAsyncStream",
    "HostCallParams",
    "HostCallResponse",
    "HostCallResponseChunk",
    "HostDynamicConfig",
    "HostFinishReason",
    "HostMessageParam",
    "HostProvider",
    "HostResponses",
    "HostStream",
    "HostTool",
    "Prefill",
    "XAIHost",
    "cerebras",
    "deepseek",
    "fireworks",
    "huggingface",
    "lmstudio",
    "ollama",
    "openrouter",
    "perplexity",
    "together",
    "vllm",
    "xai",
    "zai",
]

__dir__: Listing = Listing(__all__)
