"""The documents of other libraries on streams: each snippet, in the form it takes here."""
