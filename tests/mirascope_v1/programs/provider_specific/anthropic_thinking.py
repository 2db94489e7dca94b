"""What Anthropic's models think before they answer, whole and streamed.

Providers: openai
Model: think Fifty less ten. | 1500
Model: think Fifty less ten. | 1500
Prints: Fifty less ten. / 1500
Prints: Fifty less ten. / 1500 / sig
"""

from mirascope.core import anthropic, prompt_template

PARAMS = anthropic.AnthropicCallParams(max_tokens=2048, thinking={"type": "enabled", "budget_tokens": 1024})


@prompt_template("How high does it fly? Say only a number.")
def answer(): ...


response = anthropic.call(model="claude-sonnet-5", call_params=PARAMS)(answer)()
print(response.thinking, "/", response.content)
thinking, text, signature = "", "", ""
for chunk, _ in anthropic.call(model="claude-sonnet-5", call_params=PARAMS, stream=True)(answer)():
    if chunk.thinking:
        thinking += chunk.thinking
    if chunk.signature:
        signature += chunk.signature
    if chunk.content:
        text += chunk.content
print(thinking, "/", text, "/", signature)
