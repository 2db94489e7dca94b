r"""Prompts that return their text, or messages with roles.

Prints: [BaseMessageParam(role='user', content='Name a bird of the sea')]
Prints: [BaseMessageParam(role='system', content='Be brief'), BaseMessageParam(role='user', content='One of the sea')]
Prints: [BaseMessageParam(role='user', content='Name a bird.\nOf the sea.')]
"""

import inspect

from mirascope import Messages, prompt_template


@prompt_template()
def bird(place: str) -> str:
    return f"Name a bird of the {place}"


@prompt_template()
def bird_with_roles(place: str) -> Messages.Type:
    return [Messages.System("Be brief"), Messages.User(f"One of the {place}")]


@prompt_template()
def bird_in_lines(place: str) -> str:
    return inspect.cleandoc(
        f"""
        Name a bird.
        Of the {place}.
        """
    )


print(bird("sea"))
print(bird_with_roles("sea"))
print(bird_in_lines("sea"))
