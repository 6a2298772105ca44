"""The world of one session: a docker daemon with the applications' base image, and a registry that wants a password.

Starts it once, hands out a `Site` for each run of a case, and ends everything by id.
"""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from doubles.http_service import Services, services
from engines.docker_engine import BASE_IMAGE, Docker
from engines.fixtures import without
from engines.images import Client, offer
from engines.judges import ENGINES
from engines.missing import EngineMissing
from engines.registries import registry
from engines.runtime_image import runtime

from . import shims
from .case import HERE
from .offers import offers
from .secrecy import Searched
from .site import REGISTRY_LOGIN, SECRETS, Site, environment, image_names, volume_names

RECORDER_IMAGE = "recorder"
SERVICE_IMAGE = "redis:7"
"""What the README's sample has beside its tests; no more than its name and its volume is real."""


@dataclass(frozen=True)
class World:
    """What runs as long as the session does. `docker` may be podman. `helm` is a program, or where it would be."""

    docker: Client
    registry: str
    services: Services
    directory: Path
    helm: Path = ENGINES / "helm" / "bin" / "helm"
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1), compare=False)
    searched: Searched = field(default_factory=set, compare=False)

    def has_runtime(self) -> None:
        """Makes the image of real applications, once."""
        try:
            runtime(self.docker)
        except EngineMissing as missing:
            without(missing)

    @contextmanager
    def site(self, *, images: bool = False, containers: bool = True) -> Iterator[Site]:
        """A site for one run; what the run leaves on the daemon is removed afterwards. `images`: those that it makes
        are searched for secrets, too. Without `containers` processes stand for them (see `shims.processes`)."""
        number = next(self.numbers)
        directory = self.directory / f"site{number}"
        for name in ("bin", "marks", "mails", "home"):
            (directory / name).mkdir(parents=True)
        # The submodules of a case are directories; git else takes none from there.
        settings = directory / "home" / ".gitconfig"
        settings.write_text('[protocol "file"]\n\tallow = always\n')
        offered = offers(self.services, number, directory, SECRETS)
        client = shims.client if containers else shims.processes
        client(directory / "bin", directory / "marks", self.docker)
        shims.mail(directory / "bin", directory / "mails")
        shims.helm(directory / "bin", offered.calls, directory / "home", str(self.helm), self.services.address)
        env = environment(self.docker, directory / "bin", directory / "home")
        env["GIT_CONFIG_GLOBAL"] = str(settings)
        before = image_names(self.docker) | volume_names(self.docker)
        site = Site(number, directory, self.docker, self.registry, env, offered, before, self.searched)
        if images:
            site.watch_images()
        try:
            yield site
        finally:
            site.clear()


@contextmanager
def world(docker: Docker, directory: Path) -> Iterator[World]:
    """Everything but the daemon, which tests share."""
    recorder(docker)
    with registry(directory / "registry", docker.process, REGISTRY_LOGIN) as address, services() as served:
        yield World(docker, address, served, directory)


def recorder(docker: Client) -> None:
    """busybox with the recorder as its entry point: every application's base."""
    with tempfile.TemporaryDirectory() as directory:
        context = Path(directory)
        context.chmod(0o755)  # podman may be another user's
        shutil.copy(HERE / "recorder", context)
        (context / "Dockerfile").write_text(
            f'FROM {BASE_IMAGE}\nCOPY recorder /bin/recorder\nENTRYPOINT ["/bin/recorder"]\n'
        )
        docker("build", "--quiet", "--tag", RECORDER_IMAGE, directory)
    offer(docker, RECORDER_IMAGE)
    stand_in = f'FROM {BASE_IMAGE}\nVOLUME /data\nCMD ["sleep", "600"]\n'.encode()
    docker("build", "--quiet", "--tag", SERVICE_IMAGE, "-", stdin=stand_in)
    offer(docker, SERVICE_IMAGE)
