"""Speech in an answer's audio.

Providers: openai
Model: Ride to Oslo.
Prints: Ride to Oslo. None None
"""

from mirascope.core import openai


@openai.call(
    "gpt-4o-audio-preview",
    call_params={"audio": {"voice": "alloy", "format": "wav"}, "modalities": ["text", "audio"]},
)
def suggest_trip(vehicle: str) -> str:
    return f"Suggest a trip by {vehicle}"


response = suggest_trip("train")
print(response.content, response.audio, response.audio_transcript)
