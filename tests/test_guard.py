import asyncio
import os
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable

import pytest

OUTSIDE = "192.0.2.1"  # TEST-NET-1, which no host has


def _connect() -> object:
    with socket.socket() as sock:
        sock.connect((OUTSIDE, 443))
    return sock


def _connect_ex() -> object:
    with socket.socket() as sock:
        return sock.connect_ex((OUTSIDE, 443))


def _send_datagram() -> object:
    with socket.socket(type=socket.SOCK_DGRAM) as sock:
        return sock.sendto(b"?", (OUTSIDE, 53))


def _connect_over_ipv6() -> object:
    with socket.socket(socket.AF_INET6) as sock:
        sock.connect(("2001:db8::1", 443))
    return sock


ATTEMPTS: dict[str, Callable[[], object]] = {
    "connect": _connect,
    "connect_ex": _connect_ex,
    "IPv6": _connect_over_ipv6,
    "datagram": _send_datagram,
    "asyncio": lambda: asyncio.run(asyncio.wait_for(asyncio.open_connection(OUTSIDE, 443), 1)),
    "look-up": lambda: socket.getaddrinfo("example.org", 443),
    "look-up of bytes": lambda: socket.getaddrinfo(b"example.org", 443),
    "gethostbyname": lambda: socket.gethostbyname("example.org"),
    "reverse look-up": lambda: socket.gethostbyaddr("example.org"),
    "urllib": lambda: urllib.request.urlopen("http://example.org", timeout=1),
}


@pytest.mark.parametrize("way", ATTEMPTS)
def test_what_leaves_this_machine_is_refused(way: str, refused: list[str]) -> None:
    with pytest.raises(RuntimeError, match="tests reach only this machine"):
        ATTEMPTS[way]()
    assert len(refused) == 1
    refused.clear()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.8.9.10"])
def test_loopback_is_allowed(host: str) -> None:
    with socket.create_server(("0.0.0.0", 0)) as server:
        address = (host, server.getsockname()[1])
        with socket.create_connection(address, timeout=5) as client:
            assert client.getpeername()[1] == address[1]


def test_child_processes_are_guarded() -> None:
    code = f"import socket; socket.create_connection(({OUTSIDE!r}, 443), 1)"
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=False)
    assert child.returncode == 1
    assert "NetworkRefused" in child.stderr


def test_settings_of_whoever_runs_the_tests_are_gone() -> None:
    left = {name for name in os.environ if name.startswith(("MODELWISE_", "OPENAI_"))}
    assert left <= {"MODELWISE_DATA", "MODELWISE_SOURCES"}
