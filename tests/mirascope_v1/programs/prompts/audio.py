"""Sound from `wave` and from bytes.

Prints: ['text', 'audio', 'text'] audio/wav
Prints: ['text', 'audio', 'text'] audio/wav
"""

import io
import wave

from mirascope import Messages, prompt_template


@prompt_template()
def identify(song: wave.Wave_read) -> Messages.Type:
    return ["I heard this:", song, "Which bird is it?"]


@prompt_template("I heard this: {song:audio} Which bird is it?")
def identify_by_template(song: bytes): ...


file = io.BytesIO()
with wave.open(file, "wb") as song:
    song.setnchannels(1)
    song.setsampwidth(2)
    song.setframerate(8000)
    song.writeframes(b"\0\0" * 8)
file.seek(0)
with wave.open(file, "rb") as song:
    content = identify(song)[0].content
print([part.type for part in content], content[1].media_type)
content = identify_by_template(file.getvalue())[0].content
print([part.type for part in content], content[1].media_type)
