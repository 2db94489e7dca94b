"""Call parameters of Azure OpenAI's chat completions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from openai.types.chat import ChatCompletionMessageParam

from ..base.messages import BaseMessageParam
from ..base.prompts import BaseDynamicConfig
from ..dialects.chat_completions import ChatCallParams, ChatToolConfig


class AzureCallParams(ChatCallParams, total=False):
    """The parameters of Azure OpenAI's chat completions. Source: Azure OpenAI's REST reference, and the SDK."""

    data_sources: Iterable[Mapping[str, Any]]
    """Data sources that the answer is based on: Azure's "on your data"."""
    user_security_context: Mapping[str, Any]
    """The end user's identity, for Microsoft Defender."""


class AzureToolConfig(ChatToolConfig, total=False):
    """Settings of a tool; `strict` guarantees that its arguments match the schema."""


AzureMessageParam: TypeAlias = ChatCompletionMessageParam | BaseMessageParam
"""A message in the SDK's form, or a `BaseMessageParam`."""


class AzureDynamicConfig(BaseDynamicConfig[AzureMessageParam, AzureCallParams, Any], total=False):
    """What a prompt function may return to configure its call."""


AsyncAzureDynamicConfig: TypeAlias = AzureDynamicConfig
"""The same type, for async functions."""
