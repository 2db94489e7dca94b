"""Wire formats that several providers share, and the code that sends requests with an SDK, in six rooms.

A room imports only rooms listed before it: schemas, transport, content_blocks, chat_completions, responses, gemini.
"""
