"""What to say when an engine is not there."""


class EngineMissing(Exception):
    def __init__(self, engine: str, how: str) -> None:
        super().__init__(f"the engine `{engine}` is missing here: {how}; or let `sh tests/all` install everything")
