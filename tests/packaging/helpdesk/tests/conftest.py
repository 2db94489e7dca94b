from mirascope_like.testing import block_requests

block_requests()
