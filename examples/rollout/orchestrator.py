"""A very small orchestrator: it starts pods, starts a failed one again, and replaces old pods one at a time.

It does what Kubernetes does where it matters here. A pod is a process of its own. It gets the environment and the files
that are provisioned when it starts, and keeps them. A roll-out takes an old pod away when the new one is ready, and
stalls when that never happens. In place of a back-off that grows for ever, a pod is given up after a few starts.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import attrs

SERVICE = Path(__file__).with_name("service.py")
STARTS = 3
KEYS = ("legacy_cache_timeout", "cache_ttl_seconds")


@attrs.frozen
class Provisioned:
    """What pods find when they start: each is a mapping of keys to values.

    Attributes:
        environment: Variables, as `envFrom` makes them of a ConfigMap.
        dotenv: What is in `.env`.
        mounted: What is in the ConfigMap that is mounted as `config.yaml`.
    """

    environment: dict[str, int] = attrs.field(factory=dict)
    dotenv: dict[str, int] = attrs.field(factory=dict)
    mounted: dict[str, int] = attrs.field(factory=dict)

    def variables(self) -> dict[str, str]:
        """The environment of a process: that of this one, and what is provisioned."""
        inherited = {name: value for name, value in os.environ.items() if name.lower() not in KEYS}
        return inherited | {key.upper(): str(value) for key, value in self.environment.items()}

    def write(self, folder: Path) -> None:
        """Put the files into the working folder of a process."""
        if self.dotenv:
            text = "".join(f"{key.upper()}={value}\n" for key, value in self.dotenv.items())
            (folder / ".env").write_text(text, encoding="utf-8")
        if self.mounted:
            text = "".join(f"{key}: {value}\n" for key, value in self.mounted.items())
            (folder / "config.yaml").write_text(text, encoding="utf-8")


@attrs.define
class Pod:
    """One pod.

    Attributes:
        image: Its image.
        crashes: What each failed start wrote to standard error.
        ttl: What the service runs with; None while it is not ready.
        metrics: The counters that it offers.
        log: What it wrote to standard error since it is ready.
    """

    image: str
    crashes: list[str] = attrs.field(factory=list)
    ttl: int | None = None
    metrics: str = ""
    log: str = ""
    _process: subprocess.Popen[str] | None = None
    _folder: tempfile.TemporaryDirectory[str] | None = None

    @property
    def is_started(self) -> bool:
        """Whether it was ready in the end."""
        return self.ttl is not None

    def start(self, provisioned: Provisioned, starts: int = STARTS) -> bool:
        """Start the service, again where it fails; whether it is ready in the end."""
        self._folder = tempfile.TemporaryDirectory(prefix="pod-")
        provisioned.write(Path(self._folder.name))
        while len(self.crashes) < starts:
            process = subprocess.Popen(  # noqa: S603  # an image of this folder
                [sys.executable, str(SERVICE), self.image],
                cwd=self._folder.name,
                env=provisioned.variables(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                encoding="utf-8",
            )
            assert process.stdout is not None
            line = process.stdout.readline()
            if line:
                ready = json.loads(line)
                self._process, self.ttl, self.metrics = process, ready["ttl"], ready["metrics"]
                return True
            self.crashes.append(process.communicate()[1])
        self._folder.cleanup()
        return False

    def stop(self) -> None:
        """Let the service end."""
        if self._process is not None:
            self.log = self._process.communicate()[1]
            self._process = None
        if self._folder is not None:
            self._folder.cleanup()


@attrs.define
class Deployment:
    """Pods of one service.

    Attributes:
        provisioned: What pods find that are started from now on.
        pods: Those that are ready.
        crashes: What failed starts wrote, of all pods.
    """

    provisioned: Provisioned
    pods: list[Pod] = attrs.field(factory=list)
    crashes: list[str] = attrs.field(factory=list)

    @property
    def images(self) -> list[str]:
        """The images of the pods that are ready."""
        return sorted(pod.image for pod in self.pods)

    @property
    def ttls(self) -> set[int | None]:
        """What the pods run with."""
        return {pod.ttl for pod in self.pods}

    def roll_out(self, image: str, replicas: int = 2) -> bool:
        """Replace the pods one at a time; whether that came to an end."""
        old = list(self.pods)
        for _ in range(replicas):
            pod = Pod(image)
            ready = pod.start(self.provisioned)
            self.crashes += pod.crashes
            if not ready:
                return False
            self.pods.append(pod)
            if old:
                self.pods.remove(old[0])
                old.pop(0).stop()
        return True

    def stop(self) -> None:
        """Stop all pods."""
        while self.pods:
            self.pods.pop().stop()


@contextmanager
def deployment(image: str, provisioned: Provisioned) -> Iterator[Deployment]:
    """A deployment of an image, which is stopped in the end."""
    made = Deployment(provisioned)
    try:
        made.roll_out(image)
        yield made
    finally:
        made.stop()
