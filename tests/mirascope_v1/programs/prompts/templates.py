r"""The same prompts as string templates.

Prints: [BaseMessageParam(role='user', content='Name a bird of the sea')]
Prints: [BaseMessageParam(role='system', content='Be brief'), BaseMessageParam(role='user', content='One of the sea')]
Prints: [BaseMessageParam(role='user', content='Name a bird.\nOf the sea.')]
Prints: [BaseMessageParam(role='user', content='First line\nSecond line of the sea')]
"""

from mirascope import prompt_template


@prompt_template("Name a bird of the {place}")
def bird(place: str): ...


@prompt_template(
    """
    SYSTEM: Be brief
    USER: One of the {place}
    """
)
def bird_with_roles(place: str): ...


@prompt_template(
    """
    Name a bird.
    Of the {place}.
    """
)
def bird_in_lines(place: str): ...


@prompt_template(
    """
    USER:
    First line
    Second line of the {place}
    """
)
def bird_below_its_role(place: str): ...


print(bird("sea"))
print(bird_with_roles("sea"))
print(bird_in_lines("sea"))
print(bird_below_its_role("sea"))
