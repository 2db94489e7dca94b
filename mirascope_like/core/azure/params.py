"""Call parameters of Azure OpenAI's chat completions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from openai.types.chat import ChatCompletionMessageParam

from ..base.messages import BaseMessageParam
from ..base.prompts import BaseDynamicConfig
from ..dialects.chat_completions import ChatCallParams, ChatToolConfig


class AzureCallParams(ChatCallParams, total=False):
    """What Azure OpenAI's chat completions take. Source: Azure OpenAI's REST reference, and the SDK."""

    data_sources: Iterable[Mapping[str, Any]]
    """Where to look for grounds of the answer: Azure's "on your data"."""
    user_security_context: Mapping[str, Any]
    """Who asks, for Microsoft Defender."""


class AzureToolConfig(ChatToolConfig, total=False):
    """Settings of a tool: whether its arguments must follow the schema strictly."""


AzureMessageParam: TypeAlias = ChatCompletionMessageParam | BaseMessageParam
"""A message in the SDK's form, or one of ours."""


class AzureDynamicConfig(BaseDynamicConfig[AzureMessageParam, AzureCallParams, Any], total=False):
    """What a prompt function may return to decide more than its text."""


AsyncAzureDynamicConfig: TypeAlias = AzureDynamicConfig
"""The same, for an async function."""
