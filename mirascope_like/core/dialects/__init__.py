"""Formats that several providers share, and the SDKs that speak them."""
