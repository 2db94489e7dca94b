"""Texts and parts of templates, and parts that are returned.

Prints: ['Colours:', 'white, black', 'Sightings:', 'Rockall', 'Lundy']
Prints: ['Colours:', 'white, black', 'Sightings:', 'Rockall', 'Lundy']
Prints: ['text', 'document', 'text'] application/pdf
Prints: ['text', 'document', 'text'] application/pdf
"""

from mirascope import DocumentPart, Messages, TextPart, prompt_template


@prompt_template(
    """
    Colours:
    {colours:text}

    Sightings:
    {sightings:texts}
    """
)
def report(colours: str | TextPart, sightings: list[str] | list[TextPart]): ...


@prompt_template()
def read(report: bytes) -> Messages.Type:
    return Messages.User(
        [
            "Here is a report:",
            DocumentPart(type="document", media_type="application/pdf", document=report),
            "Which birds are in it?",
        ]
    )


@prompt_template("Here is a report: {report:document} Which birds are in it?")
def read_by_template(report: bytes): ...


# Texts between parts keep the space around them, which v1 takes away.
print([part.text.strip() for part in report("white, black", ["Rockall", "Lundy"])[0].content])
parts = [TextPart(type="text", text="Rockall"), TextPart(type="text", text="Lundy")]
print([part.text.strip() for part in report(TextPart(type="text", text="white, black"), parts)[0].content])
for prompt in (read, read_by_template):
    content = prompt(b"%PDF-1.4 gannets")[0].content
    print([part.type for part in content], content[1].media_type)
