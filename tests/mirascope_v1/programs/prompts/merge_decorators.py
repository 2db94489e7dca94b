"""Several decorators as one.

Model: The puffin.
Prints: before
Prints: The puffin.
Prints: {'tags': {'version:0002'}}
"""

from functools import wraps

from mirascope.core import merge_decorators, metadata, openai, prompt_template


def with_notice(fn):
    @wraps(fn)
    def noticed(*args, **kwargs):
        print("before")
        return fn(*args, **kwargs)

    return noticed


tagged = merge_decorators(with_notice, openai.call("gpt-4o-mini"), metadata({"tags": {"version:0002"}}))


@tagged()
@prompt_template("Name a {place} bird")
def bird(place: str): ...


response = bird("sea")
print(response)
print(response.metadata)
