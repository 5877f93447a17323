"""Refuses what would leave this machine, by an audit hook: no library can patch or swallow its way around it."""

import ipaddress
import socket
import sys
from collections.abc import Callable

refused: list[str] = []


class NetworkRefused(RuntimeError):
    """A test reached for the network. Not an OSError: libraries would swallow that and try again."""


def _audit(event: str, args: tuple[object, ...]) -> None:
    if (check := _CHECKS.get(event)) and (host := check(args)):
        refused.append(f"{event} {host}")
        raise NetworkRefused(f"{event} for {host!r} refused: tests reach only this machine; use a loopback server")


def _foreign_peer(args: tuple[object, ...]) -> str | None:
    """The host that a socket is to talk to, unless it is on this machine; Unix sockets are."""
    family, address = getattr(args[0], "family", None), args[1]
    if family not in (socket.AF_INET, socket.AF_INET6) or not isinstance(address, tuple):
        return None
    host = _text(address[0])
    return None if _is_loopback(host) else host


def _foreign_name(args: tuple[object, ...]) -> str | None:
    """The name to be looked up; an address needs no look-up, and None is this machine."""
    host = _text(args[0] or "localhost")
    return None if _is_address(host) or _is_loopback(host) else host


_CHECKS: dict[str, Callable[[tuple[object, ...]], str | None]] = {
    "socket.connect": _foreign_peer,
    "socket.sendto": _foreign_peer,
    "socket.sendmsg": _foreign_peer,
    "socket.getaddrinfo": _foreign_name,
    "socket.gethostbyname": _foreign_name,
    "socket.gethostbyaddr": _foreign_name,
}


def _is_loopback(host: str) -> bool:
    if not _is_address(host):
        return host.lower() == "localhost"
    address = ipaddress.ip_address(host)
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _text(host: object) -> str:
    return host.decode("ascii", "replace") if isinstance(host, bytes | bytearray) else str(host)


sys.addaudithook(_audit)
