"""Wire formats that several providers share, and how SDKs send them, in six rooms.

A room imports only rooms listed before it: schemas, transport, content_blocks, chat_completions, responses, gemini.
"""
