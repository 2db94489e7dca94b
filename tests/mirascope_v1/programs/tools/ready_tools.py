"""The toolkit for files, and a tool with another configuration.

Model: call file_system_WriteFile {"path": "birds.txt", "content": "gannet"}
Model: call file_system_ReadFile {"path": "../birds.txt"}
Prints: Successfully wrote to birds.txt
Prints: gannet
Prints: Error: Invalid path (attempted path traversal)
Prints: 10
"""

import tempfile
from pathlib import Path

from mirascope.core import BaseDynamicConfig, openai
from mirascope.tools import HTTPX, FileSystemToolKit, HTTPXConfig

folder = Path(tempfile.mkdtemp())
Slow = HTTPX.from_config(HTTPXConfig(timeout=10))


@openai.call("gpt-4o-mini")
def ask(question: str) -> BaseDynamicConfig:
    toolkit = FileSystemToolKit(base_directory=folder)
    return {"messages": question, "tools": [*toolkit.create_tools(), Slow]}


print(ask("Write down a bird.").tool.call())
print((folder / "birds.txt").read_text())
print(ask("Read it.").tool.call())
print(Slow._get_config().timeout)
