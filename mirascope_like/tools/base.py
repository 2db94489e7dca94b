"""Tools and toolkits with a configuration, which the program sets and the model does not see."""

from __future__ import annotations

import inspect
from types import new_class
from typing import Any, ClassVar, Generic, Self, TypeVar, cast

from pydantic import BaseModel, ConfigDict

from ..core.base.tools import BaseTool, BaseToolKit

ConfigT = TypeVar("ConfigT", bound="ToolConfiguration")


class ToolConfiguration(BaseModel):
    """Base class of the configurations of tools."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    @classmethod
    def from_env(cls) -> Self:
        """Return the configuration with its default values."""
        return cls()


_ConfigurableToolConfig = ToolConfiguration
"""Mirascope v1's name, which programs with tools of their own import."""


class ConfigurableTool(BaseTool, Generic[ConfigT]):
    """A tool with a configuration. `from_config` returns the tool with another one.

    A subclass sets `__configurable_tool_config__` to its default configuration, and `__prompt_usage_description__` to a
    text for prompts.
    """

    __configurable_tool_config__: ClassVar[Any]
    __prompt_usage_description__: ClassVar[str] = ""

    @classmethod
    def _get_config(cls) -> ConfigT:
        config: ConfigT = cls.__configurable_tool_config__
        return config

    @classmethod
    def from_config(cls, config: ConfigT) -> type[Self]:
        """Return a subclass of this tool with the same name and another configuration.

        Raises pydantic's `ValidationError` if `config` is not a configuration of this tool.
        """
        kind = cast("type[ToolConfiguration]", type(cls.__configurable_tool_config__))
        space = {"__doc__": cls.__doc__, "__module__": cls.__module__, "__qualname__": cls.__qualname__}
        made = cast("type[Self]", new_class(cls.__name__, (cls,), exec_body=lambda namespace: namespace.update(space)))
        made.__configurable_tool_config__ = kind.model_validate(config)
        return made

    @classmethod
    def usage_description(cls) -> str:
        """Return a text that describes the tool, to put into a prompt."""
        return inspect.cleandoc(cls.__prompt_usage_description__)


class ConfigurableToolKit(BaseToolKit, Generic[ConfigT]):
    """A toolkit with a configuration, as its field `config`."""

    __prompt_usage_description__: ClassVar[str] = ""

    @classmethod
    def usage_description(cls) -> str:
        """Return a text that describes the tools, to put into a prompt."""
        return inspect.cleandoc(cls.__prompt_usage_description__)
