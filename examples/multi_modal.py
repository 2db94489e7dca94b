"""Multi-modal prompts: an image as a URL, a document as bytes. Needs OPENAI_API_KEY and ANTHROPIC_API_KEY."""

from mirascope_like.core import DocumentPart, Messages, anthropic, openai, prompt_template


@openai.call("gpt-4o-mini", call_params={"max_completion_tokens": 150})
@prompt_template("Describe this image in one short sentence.{image:image(detail=auto)}")
def describe(image: str | bytes) -> None: ...


@anthropic.call("claude-sonnet-5", call_params={"max_tokens": 4096})
def read(document: bytes) -> Messages.Type:
    return ["What does this text file say?", DocumentPart(media_type="text/plain", document=document)]


def main() -> None:
    print(describe("https://en.wikipedia.org/static/images/icons/wikipedia.png").content)
    print(read(b"Dummy TXT file\n").content)


if __name__ == "__main__":
    main()
