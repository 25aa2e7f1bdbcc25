"""The edge for people at a terminal: the `civic` command and what it starts."""
