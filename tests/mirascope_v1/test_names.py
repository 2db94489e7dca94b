"""Every public name of Mirascope v1 can be imported from the same place here.

`names.json` has the names of v1's `__all__`s, from the source of `mirascope==1.25.7`, without those that begin with an
underscore. A name without an equivalent raises an error that says what to use instead when it is used.
"""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from types import new_class
from typing import Any

import pytest
from pydantic import BaseModel, Field

import mirascope_like
from mirascope_like import core, llm, retries
from mirascope_like.core import base, costs, openai
from mirascope_like.core.base.errors import ConfigurationError
from mirascope_like.removed_modules import REMOVED
from tests.mirascope_v1.alias import aliased

NAMES: dict[str, str] = json.loads((Path(__file__).parent / "names.json").read_text())


@pytest.mark.filterwarnings("ignore::FutureWarning")  # Gemini's SDK warns that it is retired
@pytest.mark.parametrize("module", NAMES)
def test_the_names_of_a_module_of_v1(module: str) -> None:
    with aliased():
        found = import_module(module)
        missing = {name for name in NAMES[module].split() if not hasattr(found, name)}
    assert not missing


def test_modules_of_v1_that_programs_import_from() -> None:
    with aliased():
        types = import_module("mirascope.core.base.types")
        assert import_module("mirascope.core.base.call_kwargs").BaseCallKwargs is base.BaseCallKwargs
        assert import_module("mirascope.core.bedrock._types").UserMessageTypeDef is core.bedrock.UserMessageTypeDef
        assert import_module("mirascope.integrations.tenacity") is not None
    assert (types.Usage, types.CostMetadata) == (base.Usage, core.CostMetadata)


@pytest.mark.parametrize(
    ("module", "names"),
    [
        ("llm.call_response", "CallResponse"),
        ("llm.call_response_chunk", "CallResponseChunk"),
        ("llm.stream", "Stream"),
        ("llm.tool", "Tool"),
        ("core.base.metadata", "Metadata"),
        ("core.base.merge_decorators", "merge_decorators"),
        ("core.base.tool", "BaseTool GenerateJsonSchemaNoTitles ToolConfig"),
        ("core.base.toolkit", "BaseToolKit is_toolkit_tool toolkit_tool"),
        (
            "core.base.dynamic_config",
            "BaseDynamicConfig DynamicConfigBase DynamicConfigCallParams DynamicConfigClient DynamicConfigFull "
            "DynamicConfigMessages DynamicConfigMessagesCallParams DynamicConfigMessagesClient "
            "DynamicConfigCallParamsClient",
        ),
        (
            "core.base.types",
            "AudioMetadata AudioSegment CostMetadata FinishReason GoogleMetadata Image ImageMetadata JsonableType "
            "LocalProvider PDFImageMetadata PDFMetadata Provider Usage VideoMetadata",
        ),
        (
            "core.base._utils",
            "BaseType fn_is_async get_dynamic_configuration get_metadata json_mode_content",
        ),
        ("core.openai._call", "openai_call"),
        ("core.anthropic._call", "anthropic_call"),
        ("core.vertex._call", "vertex_call"),
        ("core.vertex.call_params", "VertexCallParams"),
        ("core.openai._utils", "setup_call"),
        ("core.anthropic._utils", "convert_common_call_params"),
        ("core.litellm._utils", "setup_call"),
        ("core.xai._utils", "setup_call"),
        ("mcp.client", "MCPClient sse_client stdio_client"),
        ("mcp.server", "MCPServer"),
        ("mcp.tools", "MCPTool"),
        ("beta.openai", "RealtimeToolParam"),
        ("tools.web", "HTTPX DuckDuckGoSearch"),
        ("tools.system", "FileSystemToolKit"),
        ("tools.base", "ConfigurableTool ConfigurableToolKit _ConfigurableToolConfig"),
        ("core.costs.calculate_cost", "calculate_cost"),
        ("core.openai.call_response", "OpenAICallResponse BaseMessageParam CostMetadata transform_tool_outputs"),
        ("core.anthropic.tool", "AnthropicTool BaseTool ToolConfig GenerateJsonSchemaNoTitles"),
        ("core.litellm.stream", "LiteLLMStream CostMetadata"),
        ("core.xai._call", "xai_call"),
        ("core.xai.call_params", "XAICallParams"),
        ("core.xai.call_response", "XAICallResponse"),
        ("core.xai.call_response_chunk", "XAICallResponseChunk"),
        ("core.xai.dynamic_config", "XAIDynamicConfig AsyncXAIDynamicConfig"),
        ("core.xai.stream", "XAIStream XAITool"),
        ("core.xai.tool", "XAITool"),
    ],
)
def test_deep_paths_of_v1(module: str, names: str) -> None:
    # From the source of mirascope 1.25.7.
    with aliased():
        found = import_module(f"mirascope.{module}")
    assert not [name for name in names.split() if not hasattr(found, name)]


def test_a_deep_path_does_not_hide_the_function_of_its_name() -> None:
    before = base.metadata
    import_module("mirascope_like.core.base.metadata")
    assert base.metadata is before
    import_module("mirascope_like.core.base.merge_decorators")
    both: Any = base

    @both.merge_decorators(both.metadata({"tags": {"a"}}), both.prompt_template("Hi"))()
    def prompt() -> None: ...

    assert openai.call("m")(prompt) is not None
    assert import_module("mirascope_like.core.base._utils").get_metadata(prompt, None) == {"tags": {"a"}}


def test_the_module_of_fallback_and_the_function() -> None:
    # Not by the alias: its import would set the attribute of the package to the module.
    module = import_module("mirascope_like.retries.fallback")
    names = ["Fallback", "FallbackDecorator", "FallbackError", "fallback"]
    assert not [name for name in names if not hasattr(module, name)]
    assert retries.fallback is module.fallback


def test_functions_of_v1s_utils() -> None:
    utils = import_module("mirascope_like.core.base._utils")
    message = core.BaseMessageParam(role="user", content="Hi")
    assert utils.get_metadata(None, {"metadata": {"tags": {"b"}}}) == {"tags": {"b"}}
    assert utils.get_dynamic_configuration(lambda: [message], (), {}) == {"messages": [message]}
    assert utils.get_dynamic_configuration(lambda k: {"computed_fields": {"k": k}}, (1,), {}) == {
        "computed_fields": {"k": 1}
    }

    class Kit(core.BaseToolKit):
        @core.toolkit_tool
        def marked(self) -> str:
            """Is marked."""
            return ""

        def unmarked(self) -> str:
            return ""

    kits = import_module("mirascope_like.core.base.toolkit")
    assert (kits.is_toolkit_tool(Kit.marked), kits.is_toolkit_tool(Kit.unmarked)) == (True, False)


def test_the_version() -> None:
    assert mirascope_like.__version__.count(".") == 2


# xAI: a host here, a package in v1


def test_the_host_xai_is_one_object_however_it_is_imported() -> None:
    with aliased():
        module: Any = import_module("mirascope.core.xai")
    assert module is core.xai is core.hosts.xai
    assert module.xai_call is core.xai.call
    assert module.XAICallResponse is core.xai.CallResponse
    assert module.XAICallResponse.__name__ == "XAICallResponse"  # v1's own name


# Names without an equivalent


@pytest.mark.parametrize("module", [name for name, (_, instead) in REMOVED.items() if instead])
def test_the_error_of_a_removed_name_names_the_replacement(module: str) -> None:
    names, instead = REMOVED[module]
    found = import_module(f"mirascope_like.{module}")
    for name in names.split():
        if f"{module}.{name}" not in REMOVED:
            with pytest.raises(ConfigurationError) as caught:
                getattr(found, name)("value")
            assert str(caught.value) == f"{module}.{name} of Mirascope v1 is not included: {instead}"


def test_a_removed_class_cannot_be_subclassed_but_annotated() -> None:
    tool: Any = import_module("mirascope_like.beta.openai").OpenAIRealtimeTool
    with pytest.raises(ConfigurationError, match="OpenAI's SDK"):
        new_class("Tool", (tool,))
    with pytest.raises(ConfigurationError, match="OpenAI's SDK"):
        _ = tool.anything
    assert tool | None is Any
    assert "not included" in repr(tool)


def test_removed_modules_do_not_hide_errors() -> None:
    with pytest.raises(ModuleNotFoundError):
        import_module("mirascope_like.beta.openai.unheard_of")
    with pytest.raises(AttributeError):
        _ = import_module("mirascope_like.mcp").unheard_of


# Names that do something


def test_calculate_cost() -> None:
    core.set_price("test-model", core.Price(input=1.0, output=2.0, cached=0.5), provider="openai")
    usage = core.CostMetadata(input_tokens=1000, cached_tokens=400, output_tokens=100)
    # 600 tokens at 1 dollar, 400 at 0.5, 100 at 2 dollars per million
    assert core.calculate_cost("openai", "test-model", usage) == pytest.approx(0.001)
    assert costs.calculate_cost is llm.calculate_cost is core.calculate_cost
    import_module("mirascope_like.core.costs.calculate_cost")
    assert callable(costs.calculate_cost)  # not the module of its name
    assert core.calculate_cost("openai", "test-model") is None
    assert core.calculate_cost("openai", "test-model", core.CostMetadata(input_tokens=1)) is None
    assert core.calculate_cost("openai", "unheard-of", usage) is None
    assert core.calculate_cost("openai", "unheard-of", core.CostMetadata(cost=0.25)) == 0.25


def test_the_cost_metadata_of_a_response() -> None:
    usage = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
    raw = {"id": "1", "model": "m", "choices": [], "usage": {**usage, "prompt_tokens_details": {"cached_tokens": 4}}}
    response = openai.OpenAICallResponse.model_validate({"response": raw, "start_time": 0, "end_time": 0})
    found = response.cost_metadata
    assert (found.input_tokens, found.cached_tokens, found.output_tokens) == (10, 4, 5)


def test_transform_tool_outputs() -> None:
    class Answer(BaseModel):
        value: int

    class Response:
        @classmethod
        @base.transform_tool_outputs
        def tool_message_params(cls, tools_and_outputs: Any) -> list[Any]:
            return [output for _, output in tools_and_outputs]

    outputs = ["text", b"\xff", 1, [1, 2], {"a": None}, Answer(value=1)]
    # v1: texts unchanged, bytes in base64, all else as JSON
    expected = ["text", "/w==", "1", "[1,2]", '{"a":null}', '{"value":1}']
    assert Response.tool_message_params([(None, output) for output in outputs]) == expected


def test_schemas_without_titles() -> None:
    class Author(BaseModel):
        name: str

    class Book(BaseModel):
        """A book."""

        title: str = Field(title="The title")
        author: Author

    # v1: neither the model's title nor its description; titles only where they differ from the field's name
    assert Book.model_json_schema(schema_generator=base.GenerateJsonSchemaNoTitles) == {
        "$defs": {
            "Author": {"properties": {"name": {"type": "string"}}, "required": ["name"], "type": "object"},
        },
        "properties": {"title": {"title": "The title", "type": "string"}, "author": {"$ref": "#/$defs/Author"}},
        "required": ["title", "author"],
        "type": "object",
    }
