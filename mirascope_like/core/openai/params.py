"""Call parameters of OpenAI's chat completions."""

from __future__ import annotations

from typing import Any, TypeAlias

from openai.types.chat import ChatCompletionMessageParam

from ..base.messages import BaseMessageParam
from ..base.prompts import BaseDynamicConfig
from ..dialects.chat_completions import ChatCallParams, ChatToolConfig


class OpenAICallParams(ChatCallParams, total=False):
    """The parameters of OpenAI's chat completions. Source: the SDK's `CompletionCreateParams`."""


class OpenAIToolConfig(ChatToolConfig, total=False):
    """Settings of a tool; `strict` guarantees that its arguments match the schema."""


OpenAIMessageParam: TypeAlias = ChatCompletionMessageParam | BaseMessageParam
"""A message in the SDK's form, or a `BaseMessageParam`."""


class OpenAIDynamicConfig(BaseDynamicConfig[OpenAIMessageParam, OpenAICallParams, Any], total=False):
    """What a prompt function may return to configure its call."""


AsyncOpenAIDynamicConfig: TypeAlias = OpenAIDynamicConfig
"""The same type, for async functions."""
