"""Fields that a prompt computes, in both styles.

Prints: {'messages': [BaseMessageParam(role='user', content='Name a SEA bird')], 'computed_fields': {'loud': 'SEA'}}
Prints: [BaseMessageParam(role='user', content='Name a SEA bird')]
"""

from mirascope import BaseDynamicConfig, Messages, prompt_template


@prompt_template()
def returned(place: str) -> BaseDynamicConfig:
    loud = place.upper()
    return {"messages": [Messages.User(f"Name a {loud} bird")], "computed_fields": {"loud": loud}}


@prompt_template("Name a {loud} bird")
def written(place: str) -> BaseDynamicConfig:
    return {"computed_fields": {"loud": place.upper()}}


print(returned("sea"))
print(written("sea"))
