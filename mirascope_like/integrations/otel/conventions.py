"""The names of spans, attributes and metrics, as a table for each version of OpenTelemetry's semantic conventions for
generative AI. Data only; the other modules of this package read it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

Version = Literal["1.41", "0.1"]
"""A version of the conventions: "1.41" is the last one in OpenTelemetry's general conventions, "0.1" the first one of
the repository `semantic-conventions-genai`.
"""

SECONDS = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92)
"""The boundaries of the buckets of durations, in seconds."""
AGENT_SECONDS = (0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 51.2, 102.4, 204.8, 409.6)
TOKENS = (1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864)


class Metric(NamedTuple):
    """A metric of the conventions. Without `buckets` it is a counter, else a histogram with these boundaries."""

    name: str
    unit: str
    description: str
    buckets: Sequence[float] | None = None


class TokenMetric(NamedTuple):
    """A metric that counts the tokens of a request."""

    metric: Metric
    field: str
    """The field of `Usage` that is recorded."""
    attributes: Mapping[str, str] = {}
    """Attributes of this metric, in addition to those of all metrics."""
    always: bool = False
    """True to record 0 for a request without usage, such as a failed one."""
    with_error: bool = False
    """True if the metric has the attribute `error.type` of failed requests."""


@dataclass(frozen=True, slots=True)
class Conventions:
    """One version of the conventions."""

    version: Version
    schema_url: str
    duration: Metric
    time_to_first_chunk: Metric
    time_per_output_chunk: Metric
    tokens: Sequence[TokenMetric]
    tool_duration: Metric | None = None
    """None if the version has no such metric."""
    agent_duration: Metric | None = None
    renamed: Mapping[str, str] = field(default_factory=dict[str, str])
    """Maps the attributes of version 1.41 to their names in this version."""
    provider_of_agents: bool = True
    """True if `invoke_agent` has the name of the provider."""
    reason_in_messages: bool = True
    """True if each message of `gen_ai.output.messages` has its finish reason."""
    top_k: type[int] | type[float] = float
    """The type of `gen_ai.request.top_k`."""


_MODALITY = {"gen_ai.token.modality": "unknown"}


def _usage(name: str, description: str, count: str) -> TokenMetric:
    metric = Metric(f"gen_ai.client.inference.usage.{name}", "{token}", description)
    return TokenMetric(metric, count, _MODALITY, always=True)


def _per_operation(name: str, description: str) -> TokenMetric:
    metric = Metric(f"gen_ai.client.inference.operation.{name}", "{token}", description, TOKENS)
    return TokenMetric(metric, name, always=True, with_error=True)


_TOKEN_USAGE = Metric("gen_ai.client.token.usage", "{token}", "Number of input and output tokens used.", TOKENS)
_FIRST = (
    "Time to receive the first chunk, measured from when the client issues the generation request to when the first"
    " chunk is received in the response stream."
)
_NEXT = (
    "Time per output chunk, recorded for each chunk received after the first one, measured as the time elapsed from"
    " the end of the previous chunk to the end of the current chunk."
)

V1_41 = Conventions(
    version="1.41",
    schema_url="https://opentelemetry.io/schemas/1.41.0",
    duration=Metric("gen_ai.client.operation.duration", "s", "GenAI operation duration.", SECONDS),
    time_to_first_chunk=Metric("gen_ai.client.operation.time_to_first_chunk", "s", _FIRST, SECONDS),
    time_per_output_chunk=Metric("gen_ai.client.operation.time_per_output_chunk", "s", _NEXT, SECONDS),
    tokens=(
        TokenMetric(_TOKEN_USAGE, "input_tokens", {"gen_ai.token.type": "input"}),
        TokenMetric(_TOKEN_USAGE, "output_tokens", {"gen_ai.token.type": "output"}),
    ),
)
"""Source: `docs/gen-ai` of `open-telemetry/semantic-conventions`, version 1.41.0. Attributes that this version does not
define have their names of version 0.1.
"""

V0_1 = Conventions(
    version="0.1",
    schema_url="https://opentelemetry.io/schemas/gen-ai/0.1.0",
    duration=Metric("gen_ai.client.inference.duration", "s", "GenAI client inference operation duration.", SECONDS),
    time_to_first_chunk=Metric("gen_ai.client.inference.time_to_first_chunk", "s", _FIRST, SECONDS),
    time_per_output_chunk=Metric("gen_ai.client.inference.time_per_output_chunk", "s", _NEXT, SECONDS),
    tokens=(
        _usage("input_tokens", "The number of input (prompt) tokens used, including cached tokens.", "input_tokens"),
        _usage(
            "output_tokens",
            "The number of output (completion) tokens used, including reasoning tokens.",
            "output_tokens",
        ),
        _usage(
            "cache_read.input_tokens",
            "The number of input tokens served from a provider-managed cache.",
            "cached_tokens",
        ),
        _usage(
            "cache_write.input_tokens",
            "The number of input tokens written to a provider-managed cache.",
            "cache_write_tokens",
        ),
        _usage(
            "reasoning.output_tokens",
            "The number of output tokens used for reasoning (e.g. chain-of-thought, extended thinking).",
            "reasoning_tokens",
        ),
        _per_operation("input_tokens", "The number of input (prompt) tokens used per inference operation."),
        _per_operation("output_tokens", "The number of output (completion) tokens used per inference operation."),
    ),
    tool_duration=Metric("gen_ai.execute_tool.duration", "s", "The duration of a single tool execution.", SECONDS),
    agent_duration=Metric(
        "gen_ai.invoke_agent.duration",
        "s",
        "The end-to-end duration of a single agent invocation, from the moment the invocation starts until the agent"
        " emits the last chunk of its final response or terminates with an error.",
        AGENT_SECONDS,
    ),
    renamed={"gen_ai.usage.cache_creation.input_tokens": "gen_ai.usage.cache_write.input_tokens"},
    provider_of_agents=False,
    reason_in_messages=False,
    top_k=int,
)
"""Source: `docs/gen-ai` of `open-telemetry/semantic-conventions-genai`, and its migration guide from 1.41."""

CONVENTIONS: Mapping[str, Conventions] = {one.version: one for one in (V1_41, V0_1)}

PROVIDERS: Mapping[str, str] = {
    "azure": "azure.ai.openai",
    "bedrock": "aws.bedrock",
    "gemini": "gcp.gemini",
    "google": "gcp.gemini",
    "mistral": "mistral_ai",
    "moonshot": "moonshot_ai",
    "vertex": "gcp.vertex_ai",
    "xai": "x_ai",
}
"""Maps the library's names of providers to those of `gen_ai.provider.name`, if they differ."""
CLIENT_PROVIDERS: Mapping[str, str] = {
    "AzureOpenAI": "azure.ai.openai",
    "AnthropicBedrock": "aws.bedrock",
    "AnthropicBedrockMantle": "aws.bedrock",
    "AnthropicVertex": "gcp.vertex_ai",
    "AnthropicFoundry": "azure.ai.inference",
    "ChatCompletionsClient": "azure.ai.inference",
}
"""Maps the classes of SDK clients for another company's platform, without `Async`, to `gen_ai.provider.name`."""

REQUEST: Mapping[str, Sequence[str]] = {
    "gen_ai.request.temperature": ("temperature",),
    "gen_ai.request.top_p": ("top_p", "topP", "p"),
    "gen_ai.request.top_k": ("top_k", "topK", "k"),
    "gen_ai.request.seed": ("seed", "random_seed"),
    "gen_ai.request.max_tokens": (
        *("max_tokens", "max_completion_tokens", "max_output_tokens", "maxTokens", "num_predict", "max_new_tokens"),
    ),
    "gen_ai.request.frequency_penalty": ("frequency_penalty", "frequencyPenalty"),
    "gen_ai.request.presence_penalty": ("presence_penalty", "presencePenalty"),
    "gen_ai.request.stop_sequences": ("stop_sequences", "stopSequences", "stop"),
    "gen_ai.request.choice.count": ("n", "candidate_count", "candidateCount", "num_generations"),
    "gen_ai.request.reasoning.level": (
        *("reasoning_effort", "reasoning.effort", "output_config.effort"),
        *("thinking_config.thinking_level", "thinkingConfig.thinkingLevel"),
    ),
    "gen_ai.request.previous_response.id": ("previous_response_id",),
    "gen_ai.conversation.id": ("conversation.id", "conversation"),
}
"""Maps attributes to the names of the parameters that set them, in the payloads of all providers. A name with dots is a
path.
"""
CONTAINERS = ("config", "generation_config", "inferenceConfig", "additionalModelRequestFields", "options", "extra_body")
"""The parts of payloads that contain further parameters, at some providers."""
FORMATS: Sequence[str] = (
    "response_format.type",
    "text.format.type",
    "response_mime_type",
    "responseMimeType",
    "format",
)
"""The parameters that name the format of the output: a type such as "json_schema", or a media type."""
MODALITIES: Sequence[str] = ("modalities", "response_modalities", "responseModalities")
OUTPUT_TYPES: Mapping[str, str] = {"audio": "speech", "image": "image", "text": "text"}
"""Maps the modalities that a request asks for to the values of `gen_ai.output.type`."""

USAGE: Mapping[str, str] = {
    "gen_ai.usage.input_tokens": "input_tokens",
    "gen_ai.usage.output_tokens": "output_tokens",
    "gen_ai.usage.cache_read.input_tokens": "cached_tokens",
    "gen_ai.usage.cache_creation.input_tokens": "cache_write_tokens",
    "gen_ai.usage.reasoning.output_tokens": "reasoning_tokens",
    "gen_ai.usage.audio.input_tokens": "input_audio_tokens",
    "gen_ai.usage.audio.output_tokens": "output_audio_tokens",
}
"""Maps attributes to fields of `Usage`. The totals include cached, reasoning and audio tokens."""

FINISH_REASONS: Mapping[str, str] = {"tool_calls": "tool_call"}
"""Maps the library's common finish reasons to those of the conventions, if they differ."""

__all__ = [
    "CLIENT_PROVIDERS",
    "CONTAINERS",
    "CONVENTIONS",
    "FINISH_REASONS",
    "FORMATS",
    "MODALITIES",
    "OUTPUT_TYPES",
    "PROVIDERS",
    "REQUEST",
    "USAGE",
    "Conventions",
    "Metric",
    "TokenMetric",
    "Version",
]
