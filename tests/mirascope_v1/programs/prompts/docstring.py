"""A docstring as the template.

Model: The puffin.
Asks: Name a sea bird
Prints: The puffin.
"""

from mirascope.core import openai, prompt_template


@openai.call("gpt-4o-mini")
@prompt_template()
def bird(place: str):
    """Name a {place} bird"""


print(bird("sea").content)
