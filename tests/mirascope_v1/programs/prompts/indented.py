r"""The text of an indented template, as responses and prompts have it; and errors of values that do not fit.

Model: Fine.
Prints: 'SYSTEM: Be brief.\nUSER: Where is the {bird}?'
Prints: Where is the wren?
Prints: 'Where is\nthe {bird}?'
Prints: ValueError
Prints: ValueError
"""

from mirascope.core import BasePrompt, openai, prompt_template


@openai.call("gpt-4o-mini")
@prompt_template("""
    SYSTEM: Be brief.
    USER: Where is the {bird}?
    """)
def where(bird: str): ...


response = where("wren")
print(repr(response.prompt_template))
print(response.common_user_message_param.content)


@prompt_template("""
    Where is
    the {bird}?
    """)
class Where(BasePrompt):
    bird: str


print(repr(Where(bird="gull").dump()["template"]))


@prompt_template("{birds:list}")
def listed(birds: str): ...


@prompt_template("MESSAGES: {birds}")
def inserted(birds: str): ...


for prompt in (listed, inserted):
    try:
        prompt("wren")
    except ValueError:
        print("ValueError")
