"""Reads a Kubernetes Secret in protobuf, the one thing that helm sends so and not as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_MAGIC = b"k8s\x00"


def secret(body: bytes) -> dict[str, Any]:
    """The Secret in an envelope (runtime.Unknown), as JSON would have it but for `data`, which is not encoded."""
    if not body.startswith(_MAGIC):
        raise ValueError("not Kubernetes' protobuf")
    (raw,) = _all(body.removeprefix(_MAGIC), 2)
    (meta,) = _all(raw, 1)
    return {
        "metadata": {
            "name": _one(meta, 1).decode(),
            "labels": {key.decode(): value.decode() for key, value in _entries(meta, 11)},
        },
        "data": {key.decode(): value for key, value in _entries(raw, 2)},
        "type": _one(raw, 3).decode(),
    }


def _entries(message: bytes, number: int) -> Iterator[tuple[bytes, bytes]]:
    for entry in _all(message, number):
        yield _one(entry, 1), _one(entry, 2)


def _one(message: bytes, number: int) -> bytes:
    return next(iter(_all(message, number)), b"")


def _all(message: bytes, number: int) -> list[bytes]:
    return [value for found, value in _fields(message) if found == number]


def _fields(message: bytes) -> Iterator[tuple[int, bytes]]:
    """Each field of bytes; numbers are passed over."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        match key & 7:
            case 0:
                _, at = _varint(message, at)
            case 1:
                at += 8
            case 2:
                size, at = _varint(message, at)
                yield key >> 3, message[at : at + size]
                at += size
            case 5:
                at += 4
            case kind:
                raise ValueError(f"protobuf: unknown wire type {kind}")


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at
