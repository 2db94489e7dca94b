"""Audio in a stream: nothing where there is none.

Providers: openai
Model: Ride slowly
Prints: Ride slowly 0 0
"""

from mirascope.core import openai


@openai.call(
    "gpt-4o-audio-preview",
    call_params={"audio": {"voice": "alloy", "format": "pcm16"}, "modalities": ["text", "audio"]},
    stream=True,
)
def suggest_trip(vehicle: str) -> str:
    return f"Suggest a trip by {vehicle}"


audio, transcript, text = b"", "", ""
for chunk, _ in suggest_trip("train"):
    audio += chunk.audio or b""
    transcript += chunk.audio_transcript or ""
    text += chunk.content
print(text, len(audio), len(transcript))
