"""podman, once for each session."""

from collections.abc import Iterator

import pytest
from engines import podman_engine as podman_module
from engines.fixtures import without
from engines.missing import EngineMissing


@pytest.fixture(scope="session")
def podman() -> Iterator[podman_module.Podman]:
    """podman with the image `busybox`."""
    why = podman_module.why_missing()
    if why:
        without(EngineMissing("podman", why))
    with podman_module.podman_engine() as made:
        yield made
