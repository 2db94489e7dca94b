"""The formats of the providers: responses are written, and requests are read, without an SDK.

`testing` and the conformance suite use them.
"""

from .answer import JSON, Answer, Call, Part, Refusal, Text, Thought
from .bedrock import BedrockFormat, BedrockMessagesFormat
from .chat import CHAT_HEAD, ChatFormat, MistralFormat
from .cohere import CohereFormat
from .frames import frame, unframed
from .gemini import GeminiArrayFormat, GeminiFormat, camel
from .messages import MessagesFormat
from .responses import ResponsesFormat
from .wire import Event, Reading, WireFormat, text_of

__all__ = [
    "CHAT_HEAD",
    "JSON",
    "Answer",
    "BedrockFormat",
    "BedrockMessagesFormat",
    "Call",
    "ChatFormat",
    "CohereFormat",
    "Event",
    "GeminiArrayFormat",
    "GeminiFormat",
    "MessagesFormat",
    "MistralFormat",
    "Part",
    "Reading",
    "Refusal",
    "ResponsesFormat",
    "Text",
    "Thought",
    "WireFormat",
    "camel",
    "frame",
    "text_of",
    "unframed",
]
