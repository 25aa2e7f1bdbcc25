"""`civic demo`: the main job told as a story, over the real HTTP API, with its figures."""

from backend.cli.demo.run import run_demo

__all__ = ["run_demo"]
