"""Which port each private service listens on.

Hides: where a chosen port is remembered, how a free one is found, and what is said when
somebody else has taken it meanwhile.
"""

from __future__ import annotations

import random
import socket
from pathlib import Path

from infra.local.console import Trouble, say

# Above the well-known services and below the range from which kernels take ports for outgoing
# connections: a port remembered from that range would often be taken by some passing client.
_PRIVATE = range(20_000, 30_000)


def free(port: int) -> bool:
    """True when a server could listen on this port of 127.0.0.1 now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # Connections of an earlier run that linger in TIME_WAIT do not hinder a server.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def unaccepted(port: int) -> int:
    """Connections to a server of this machine that it has not accepted yet (proc(5), tcp).

    A listening socket's receive queue counts those.
    """
    listening = f":{port:04X}"
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        _, local, _, state, queues, *_ = line.split()
        if state == "0A" and local.endswith(listening):
            return int(queues.partition(":")[2], 16)
    return 0


def choose(near: int | None = None) -> int:
    """A free port: the first from ``near`` upwards, or any in a quiet range."""
    if near is not None:
        candidates = list(range(near, near + 100))
    else:
        # The operating system's entropy, so that two runs with seeded generators still differ.
        candidates = random.SystemRandom().sample(_PRIVATE, 200)
    for port in candidates:
        if free(port):
            return port
    raise Trouble(
        f"No free port was found between {min(candidates)} and {max(candidates)}. "
        "Stop some of the programs that listen there."
    )


def read(file: Path) -> int | None:
    """The port remembered in ``file``, if any."""
    try:
        return int(file.read_text())
    except (OSError, ValueError):
        return None


def remembered(file: Path, service: str, near: int | None = None) -> int:
    """The port kept in ``file`` while it is free, else another, said in words and kept instead."""
    port = read(file)
    if port is not None and free(port):
        return port
    chosen = choose(near)
    if port is not None:
        say(
            f"  Port {port}, which {service} used before, is taken by another program: "
            f"using {chosen} from now on."
        )
    file.write_text(f"{chosen}\n")
    return chosen
