"""Call parameters of OpenAI's chat completions."""

from __future__ import annotations

from typing import Any, TypeAlias

from openai.types.chat import ChatCompletionMessageParam

from ..base.messages import BaseMessageParam
from ..base.prompts import BaseDynamicConfig
from ..dialects.chat_completions import ChatCallParams, ChatToolConfig


class OpenAICallParams(ChatCallParams, total=False):
    """What OpenAI's chat completions take. Source: the SDK's `CompletionCreateParams`."""


class OpenAIToolConfig(ChatToolConfig, total=False):
    """Settings of a tool: whether its arguments must follow the schema strictly."""


OpenAIMessageParam: TypeAlias = ChatCompletionMessageParam | BaseMessageParam
"""A message in the SDK's form, or one of ours."""


class OpenAIDynamicConfig(BaseDynamicConfig[OpenAIMessageParam, OpenAICallParams, Any], total=False):
    """What a prompt function may return to decide more than its text."""


AsyncOpenAIDynamicConfig: TypeAlias = OpenAIDynamicConfig
"""The same, for an async function."""
