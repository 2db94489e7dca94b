"""`TypeForm`, the type of a type such as `Book`, `int | str` or `Literal["a"]`: as `typing_extensions` has it for type
checkers, and as `type` for jedi, which completes in notebooks and does not know type forms.
"""

import sys

# No platform has this name. Type checkers evaluate the condition; jedi does not, and takes both branches.
if sys.platform == "none":
    TypeForm = type
else:
    from typing_extensions import TypeForm

__all__ = ["TypeForm"]
