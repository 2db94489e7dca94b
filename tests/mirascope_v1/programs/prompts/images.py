"""Images from Pillow and from bytes, with a detail.

Prints: ['text', 'image', 'text']
Prints: ['text', 'image', 'text']
Prints: image/png low
"""

import io

from mirascope import prompt_template
from PIL import Image


@prompt_template()
def identify(bird: Image.Image) -> list:
    return ["I saw this bird:", bird, "What is it?"]


@prompt_template("I saw this bird: {bird:image} What is it?")
def identify_by_template(bird: Image.Image): ...


@prompt_template("I saw this bird: {bird:image(detail=low)} What is it?")
def identify_roughly(bird: bytes): ...


image = Image.new("RGB", (2, 2), "white")
file = io.BytesIO()
image.save(file, "PNG")
print([part.type for part in identify(image)[0].content])
print([part.type for part in identify_by_template(image)[0].content])
part = identify_roughly(file.getvalue())[0].content[1]
print(part.media_type, part.detail)
