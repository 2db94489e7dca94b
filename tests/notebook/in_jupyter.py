"""Runs cells in a real kernel of Jupyter, without a browser, and programs in IPython, and checks what they would show:
`nox -s notebook`.

Not a test module: it needs `ipykernel` and `jupyter_client`, in an environment of their own.
"""

from __future__ import annotations

import subprocess
import sys
from typing import Any

from jupyter_client.manager import start_new_kernel

SETUP = """
import os
os.environ["OPENAI_API_KEY"] = "k"
from mirascope_like.core import openai
from mirascope_like.testing import answer, fake, text

@openai.call("gpt-4o-mini")
def whole():
    return "Hi"

@openai.call("gpt-4o-mini", stream=True)
def stream():
    return "Hi"

@openai.call("gpt-4o-mini", stream=True)
async def astream():
    return "Hi"

@openai.call("gpt-4o-mini", stream=True, response_model=dict[str, int])
def value():
    return "Hi"

@openai.call("gpt-4o-mini", stream=True, response_model=dict[str, int])
async def avalue():
    return "Hi"
"""

CELLS = {
    "a response": 'with fake("**Hello** <b>"):\n    response = whole()\nresponse',
    "a stream": 'with fake(text("One ", "two ", "<three>")):\n    shown = stream().display()',
    "an async stream": 'with fake(text("One ", "two ", "<three>")):\n    shown = await astream().display()',
}

VALUES = {
    "a structured stream": 'with fake(answer({"one": 1, "two": 2})):\n    shown = value().display()',
    "an async structured stream": 'with fake(answer({"one": 1, "two": 2})):\n    shown = await avalue().display()',
}

TERMINAL = """
{setup}
with fake(text("One ", "two ", "<three>")):
    stream().display()
with fake(answer({{"one": 1}})):
    value().display()
"""


def main() -> None:
    manager, client = start_new_kernel()
    try:
        run(client, SETUP)
        (result,) = [one for one in run(client, CELLS["a response"]) if one["kind"] == "execute_result"]
        assert set(result["data"]) == {"text/plain", "text/html", "text/markdown"}, result
        assert "**Hello** &lt;b&gt;" in result["data"]["text/html"], result
        assert result["data"]["text/markdown"].startswith("**Hello** &lt;b>"), result
        for name in ("a stream", "an async stream"):
            assert "One two &lt;three&gt;" in last_update(client, name, CELLS[name])
        for name, cell in VALUES.items():
            last = last_update(client, name, cell)
            assert "{\n  &quot;one&quot;: 1,\n  &quot;two&quot;: 2\n}" in last, last
        names = client.complete("response.", reply=True, timeout=60)["content"]["matches"]
        found = {name.removeprefix("response.").lstrip(".") for name in names}
        assert {"content", "tools", "usage", "cost", "messages"} <= found, found
        assert not [name for name in found if name.startswith("_")], found
        print(f"completion: {len(found)} names")
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    for command in ([sys.executable, "-m", "IPython", "--simple-prompt", "-c"], [sys.executable, "-c"]):
        program = TERMINAL.format(setup=SETUP)
        written = subprocess.run([*command, program], capture_output=True, text=True, check=True).stdout
        assert "One two <three>\n\nopenai" in written, written
        assert '{\n  "one": 1\n}\n\nopenai' in written, written
        print(f"in a terminal: {' '.join(command[1:-1]) or 'python'}")


def last_update(client: Any, name: str, cell: str) -> str:
    """Run a cell that shows a stream; return the HTML that is left. Checks that there is one output, which changes."""
    shown = run(client, cell)
    begin, *updates = shown
    assert begin["kind"] == "display_data", shown
    assert {one["kind"] for one in updates} == {"update_display_data"}, shown
    assert {one["id"] for one in shown} == {begin["id"]}, shown
    last: str = updates[-1]["data"]["text/html"]
    assert "tokens" in last, shown
    print(f"{name}: {len(updates)} updates of one output")
    return last


def run(client: Any, cell: str) -> list[dict[str, Any]]:
    """Run a cell; return what it shows, in order. Raises `AssertionError` with the traceback of a cell that fails."""
    shown: list[dict[str, Any]] = []

    def output(message: dict[str, Any]) -> None:
        kind, content = message["header"]["msg_type"], message["content"]
        if "data" in content:
            shown.append({"kind": kind, "data": content["data"], "id": content.get("transient", {}).get("display_id")})
        elif kind == "error":
            sys.stderr.write("\n".join(content["traceback"]) + "\n")

    reply = client.execute_interactive(cell, output_hook=output, timeout=120)
    assert reply["content"]["status"] == "ok", cell
    return shown


if __name__ == "__main__":
    main()
