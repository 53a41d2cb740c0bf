"""``python -m infra.local.push_standin --directory DIR --port N``.

Hides: arguments, sockets, signals. Prints one line once it listens, stops within a
second of SIGTERM, and says in one line what keeps it from starting.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from infra.local.push_standin import endpoints, identity, wire

HOST = "127.0.0.1"


class _Arguments(argparse.ArgumentParser):
    """Says what is wrong in one line; ``--help`` says the rest."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}\n")


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = _Arguments(
        prog="push_standin",
        description="A stand-in for Google's end of a push, on the loopback interface.",
    )
    parser.add_argument(
        "--directory",
        type=Path,
        required=True,
        help="where its authority (ca.pem), its keys and service-account.json are kept",
    )
    parser.add_argument(
        "--port", type=_port, required=True, help="TLS port of 127.0.0.1; 0 takes a free one"
    )
    parser.add_argument(
        "--page-port",
        type=_port,
        help="also show the page, read only, over plain HTTP, so that no browser warns",
    )
    parser.add_argument(
        "--keep", type=_positive, default=200_000, help="how many messages are remembered"
    )
    parser.add_argument(
        "--token-life-s", type=_positive, default=3600, help="life of an access token"
    )
    parser.add_argument("--quiet", action="store_true", help="no line for each message")
    arguments = parser.parse_args(argv)
    try:
        arguments.directory.mkdir(parents=True, exist_ok=True)
    except OSError as impossible:
        parser.error(f"--directory {arguments.directory}: {impossible.strerror}")
    return arguments


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text} is no port")
    return int(text)


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text} is not a number above 0")
    return int(text)


def _listening(port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((HOST, port))
    except OSError as taken:
        listening.close()
        raise SystemExit(f"push_standin: {HOST}:{port}: {taken.strerror}") from None
    return listening


def _log(line: str) -> None:
    sys.stdout.write(f"{line}\n")


async def _serve(arguments: argparse.Namespace) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)

    listening = _listening(arguments.port)
    port = listening.getsockname()[1]
    log: Callable[[str], None] | None = None if arguments.quiet else _log
    # The files are complete before anybody can connect: whoever can, can also trust.
    try:
        tls = identity.tls(arguments.directory)
        account = identity.service_account(arguments.directory, port=port)
    except OSError as impossible:
        raise SystemExit(f"push_standin: {arguments.directory}: {impossible.strerror}") from None
    stand_in = endpoints.StandIn(
        account=account, token_life_s=arguments.token_life_s, keep=arguments.keep, log=log
    )
    servers = [await loop.create_server(stand_in.door.connection, sock=listening, ssl=tls)]
    said = f"push stand-in at https://{HOST}:{port}, trusted by {arguments.directory / 'ca.pem'}"
    if arguments.page_port is not None:
        eyes = _listening(arguments.page_port)
        said += f", page at http://{HOST}:{eyes.getsockname()[1]}/"
        servers.append(await loop.create_server(stand_in.page_door.connection, sock=eyes))
    sys.stdout.write(f"{said}\n")
    sys.stdout.flush()

    await stop.wait()
    for server in servers:
        server.close()
    doors: list[wire.Door] = [stand_in.door, stand_in.page_door]
    for door in doors:
        door.close(politely=True)
    # A polite end waits for the other side; nobody gets longer than this.
    for _ in range(10):
        if not any(door.open for door in doors):
            break
        await asyncio.sleep(0.02)
    for door in doors:
        door.close(politely=False)


def main(argv: list[str] | None = None) -> None:
    arguments = _arguments(argv)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(arguments))


if __name__ == "__main__":
    main()
