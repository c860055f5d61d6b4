"""Addresses on this machine that no program uses, for tests of several processes."""

import socket

import pytest


def free_addresses() -> list[str]:
    """Two free addresses on the loopback interface; skips the test where there is none."""
    try:
        listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
    except OSError as error:
        pytest.skip(f"needs a socket on the loopback address: {error}")
    addresses = [f"127.0.0.1:{listener.getsockname()[1]}" for listener in listeners]
    for listener in listeners:
        listener.close()
    return addresses
