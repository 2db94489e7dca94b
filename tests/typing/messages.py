"""The types of messages, usage and finish reasons, of responses and of streams."""

from __future__ import annotations

from typing import Any, Literal, assert_type

from anthropic.types import MessageParam, StopReason
from anthropic.types import Usage as AnthropicUsage
from cohere import Usage as CohereUsage
from google.ai.generativelanguage_v1beta.types import GenerateContentResponse
from google.genai.types import ContentDict, FinishReason, GenerateContentResponseUsageMetadata
from groq.types import CompletionUsage as GroqUsage
from groq.types.chat import ChatCompletionAssistantMessageParam as GroqAssistant
from groq.types.chat import ChatCompletionMessageParam as GroqMessage
from mistralai.client.models import (
    AssistantMessageTypedDict,
    ChatCompletionRequestMessageTypedDict,
    UsageInfo,
)
from openai.types import CompletionUsage
from openai.types.chat import ChatCompletionAssistantMessageParam, ChatCompletionMessageParam
from openai.types.responses import ResponseInputItemParam, ResponseUsage

import mirascope_like
from mirascope_like import core, llm
from mirascope_like.core import (
    BaseMessageParam,
    anthropic,
    azure,
    bedrock,
    cohere,
    gemini,
    google,
    groq,
    local,
    mistral,
    openai,
)
from mirascope_like.core.base.response import CommonUsage
from mirascope_like.core.hosts import HostStream
from mirascope_like.core.openai.responses import OpenAIResponsesCallResponse, OpenAIResponsesStream

Reason = Literal["stop", "length", "tool_calls", "content_filter", "function_call"]


def of_openai(r: openai.OpenAICallResponse, s: openai.OpenAIStream, a: openai.OpenAIAsyncStream) -> None:
    assert_type(r.usage, CompletionUsage | None)
    assert_type(s.usage, CompletionUsage | None)
    assert_type(a.usage, CompletionUsage | None)
    assert_type(r.finish_reasons, list[Reason] | None)
    assert_type(s.finish_reasons, list[Reason] | None)
    assert_type(a.finish_reasons, list[Reason] | None)
    assert_type(r.message_param, ChatCompletionAssistantMessageParam)
    assert_type(s.message_param, ChatCompletionAssistantMessageParam | None)
    assert_type(a.message_param, ChatCompletionAssistantMessageParam | None)
    assert_type(r.messages, list[ChatCompletionMessageParam])
    assert_type(s.messages, list[ChatCompletionMessageParam])
    assert_type(a.messages, list[ChatCompletionMessageParam])
    assert_type(r.user_message_param, ChatCompletionMessageParam | None)
    assert_type(s.user_message_param, ChatCompletionMessageParam | None)
    assert_type(r.tool_message_params([]), list[ChatCompletionMessageParam])
    assert_type(s.tool_message_params([]), list[ChatCompletionMessageParam])
    history: list[openai.OpenAIMessageParam] = [*r.messages, r.message_param, *r.tool_message_params([])]
    if user := s.user_message_param:
        history.append(user)
    if message := s.message_param:
        history.append(message)
    history.append(a.message_param)  # error


def of_responses(r: OpenAIResponsesCallResponse, s: OpenAIResponsesStream) -> None:
    assert_type(r.usage, ResponseUsage | None)
    assert_type(s.usage, ResponseUsage | None)
    assert_type(r.message_param, list[ResponseInputItemParam])
    assert_type(s.message_param, list[ResponseInputItemParam] | None)
    assert_type(r.messages, list[ResponseInputItemParam])


def of_azure(r: azure.AzureCallResponse, s: azure.AzureStream) -> None:
    assert_type(s.usage, CompletionUsage | None)
    history: list[azure.AzureMessageParam] = [*r.messages, r.message_param]
    print(history)


def of_anthropic(r: anthropic.AnthropicCallResponse, s: anthropic.AnthropicAsyncStream) -> None:
    assert_type(s.usage, AnthropicUsage | None)
    assert_type(s.finish_reasons, list[StopReason] | None)
    assert_type(r.message_param, MessageParam)
    assert_type(s.messages, list[MessageParam])
    history: list[anthropic.AnthropicMessageParam] = [*r.messages, r.message_param, *r.tool_message_params([])]
    print(history)


def of_google(r: google.GoogleCallResponse, s: google.GoogleAsyncStream) -> None:
    assert_type(s.usage, GenerateContentResponseUsageMetadata | None)
    assert_type(s.finish_reasons, list[FinishReason] | None)
    assert_type(r.message_param, ContentDict)
    assert_type(s.message_param, ContentDict | None)
    history: list[ContentDict | BaseMessageParam] = [*r.messages, r.message_param]
    print(history)


def of_gemini(r: gemini.GeminiCallResponse, s: gemini.GeminiStream) -> None:
    assert_type(r.usage, GenerateContentResponse.UsageMetadata | None)
    assert_type(s.usage, GenerateContentResponse.UsageMetadata | None)
    assert_type(r.message_param, dict[str, Any])
    assert_type(s.finish_reasons, list[str] | None)


def of_groq(r: groq.GroqCallResponse, s: groq.GroqStream) -> None:
    assert_type(s.usage, GroqUsage | None)
    assert_type(r.message_param, GroqAssistant)
    assert_type(s.messages, list[GroqMessage])
    history: list[groq.GroqMessageParam] = [*r.messages, r.message_param]
    print(history)


def of_mistral(r: mistral.MistralCallResponse, s: mistral.MistralStream) -> None:
    assert_type(s.usage, UsageInfo | None)
    assert_type(r.message_param, AssistantMessageTypedDict)
    assert_type(s.messages, list[ChatCompletionRequestMessageTypedDict])


def of_dicts(c: cohere.CohereCallResponse, b: bedrock.BedrockCallResponse, s: cohere.CohereStream) -> None:
    assert_type(s.usage, CohereUsage | None)
    assert_type(c.message_param, dict[str, Any])
    assert_type(s.message_param, dict[str, Any] | None)
    assert_type(b.message_param, dict[str, Any])
    assert_type(b.messages, list[dict[str, Any]])


def of_openai_sdk(h: HostStream, m: local.LocalCallResponse) -> None:
    assert_type(h.message_param, ChatCompletionAssistantMessageParam | None)
    assert_type(m.message_param, ChatCompletionAssistantMessageParam)


def of_any_provider(r: llm.CallResponse, s: llm.Stream, a: llm.AsyncStream) -> None:
    assert_type(r.usage, CommonUsage | None)
    assert_type(s.usage, CommonUsage | None)
    assert_type(a.finish_reasons, list[str] | None)
    assert_type(r.message_param, BaseMessageParam)
    assert_type(s.message_param, BaseMessageParam | None)
    assert_type(r.user_message_param, BaseMessageParam | None)
    assert_type(r.tool_message_params([]), list[BaseMessageParam])
    assert_type(r.messages, list[BaseMessageParam])
    assert_type(s.messages, list[BaseMessageParam])
    assert_type(a.user_message_param, BaseMessageParam | None)


# A misspelt name is an error, and not Any.


print(mirascope_like.lm)  # error
print(core.opena)  # error
print(azure.cal)  # error
print(openai.cal)  # error
print(openai.responses.call, azure.responses.call, core.ollama, core.Messages)
