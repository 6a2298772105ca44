"""What to say when an engine is not there, and when a test starts one without having said so."""

from contextvars import ContextVar

marked = ContextVar("marked", default=True)
"""Whether what runs may start an engine: false within a test that is not marked `engine`."""


class EngineMissing(Exception):
    def __init__(self, engine: str, how: str) -> None:
        super().__init__(f"the engine `{engine}` is missing here: {how}; or let `sh tests/all` install everything")


def starting(engine: str) -> None:
    """Called by whatever starts an engine: quick tests are those that do not."""
    assert marked.get(), f"this test starts {engine}: mark it with `engine`, or take the engine's fixture"
