"""A certificate authority and a server's certificate for 127.0.0.1, by the openssl command."""

from __future__ import annotations

import subprocess
from pathlib import Path

_AUTHORITY = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\nsubjectKeyIdentifier=hash\n"
_SERVER = "basicConstraints=CA:FALSE\nsubjectAltName=IP:127.0.0.1,DNS:localhost\nauthorityKeyIdentifier=keyid\n"


def make(place: Path) -> Path:
    """Writes `ca.pem` (to be trusted) and `server.pem` (key and certificate), and returns the latter."""
    for name, subject, extensions, how in (
        ("ca", "/CN=double's authority", _AUTHORITY, ["-signkey", "ca.key"]),
        ("server", "/CN=double", _SERVER, ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial"]),
    ):
        (place / f"{name}.cnf").write_text(f"[req]\ndistinguished_name=dn\n[dn]\n[ext]\n{extensions}")
        _openssl(place, "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", f"{name}.key")
        _openssl(place, "req", "-new", "-key", f"{name}.key", "-subj", subject, "-config", f"{name}.cnf", "-out", "r")
        extended = ["-extfile", f"{name}.cnf", "-extensions", "ext", "-days", "2", "-out", f"{name}.pem"]
        _openssl(place, "x509", "-req", "-in", "r", *how, *extended)
    (place / "server.pem").write_text((place / "server.key").read_text() + (place / "server.pem").read_text())
    return place / "server.pem"


def _openssl(place: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=place, check=True, capture_output=True)
