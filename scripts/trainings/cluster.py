"""The workers of `--strategy multiworker`: their addresses, from TF_CONFIG, and whether all of them can be reached.

TensorFlow waits for missing workers without an end, and without reacting to signals. So the workers first look for each
other here, and TensorFlow starts when all have been found. Only the standard library is imported.
"""

import json
import socket
import time
from contextlib import ExitStack, suppress
from typing import Any, NamedTuple

JOBS = "chief", "worker"
EXAMPLE = '{"cluster": {"worker": ["host-a:12345", "host-b:12345"]}, "task": {"type": "worker", "index": 0}}'
GREETING = b"numpy-tf-rnn worker %d\n"
# Seconds between two attempts, and for a greeting to arrive.
PAUSE, PATIENCE = 0.1, 2


class Cluster(NamedTuple):
    """The addresses `host:port` of all workers, the chief's first, and the number of this process among them."""

    addresses: tuple[str, ...]
    own: int

    def host_and_port(self, index: int) -> tuple[str, int]:
        """Return the two parts of the address of a worker."""
        host, _, port = self.addresses[index].rpartition(":")
        return host.strip("[]"), int(port)


def read_cluster(text: str | None) -> Cluster:
    """Return what the environment variable TF_CONFIG describes. Raises ValueError, in one line, if it is wrong."""
    if not text:
        raise _wrong(EXAMPLE, "nothing")
    try:
        config = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _wrong("JSON", f"{text!r:.80} ({error})") from None
    found = config.get("cluster") if isinstance(config, dict) else None
    if not isinstance(found, dict) or not found or not set(found) <= set(JOBS):
        raise _wrong(f"a cluster of the jobs {' and '.join(JOBS)}, as in {EXAMPLE}", f"{found!r:.80}")
    for job, addresses in found.items():
        if not isinstance(addresses, list) or not addresses or not all(map(_is_address, addresses)):
            raise _wrong(f'a list of addresses "host:port" in the job {job}', f"{addresses!r:.80}")
    places = [(job, index) for job in JOBS for index in range(len(found.get(job, [])))]
    if len(found.get("chief", [0])) > 1:
        raise _wrong("one address in the job chief", str(len(found["chief"])))
    if len(places) < 2:
        raise _wrong("two workers or more", "1")
    addresses = [found[job][index] for job, index in places]
    if len(set(addresses)) < len(addresses):
        raise _wrong("another address for each worker", f"{', '.join(addresses):.80}")
    task = config.get("task")
    place = (task.get("type"), task.get("index")) if isinstance(task, dict) else task
    if place not in places or type(place[1]) is not int:
        choices = ", ".join(f"{job} {index}" for job, index in places)
        raise _wrong(f"a task with the type and the index of one of: {choices:.80}", f"{task!r:.80}")
    return Cluster(tuple(addresses), places.index(place))


def meet(cluster: Cluster, seconds: float) -> None:
    """Wait until every other worker can be reached and has reached this one.

    Raises ValueError, in one line, after this number of seconds, or if this process cannot use its own address.
    """
    own = cluster.addresses[cluster.own]
    missing = [set(range(len(cluster.addresses))) - {cluster.own} for _ in range(2)]
    to_reach, to_hear = missing
    deadline = time.monotonic() + seconds
    with ExitStack() as open_until_all_are_found:
        try:
            listener = socket.create_server(("", cluster.host_and_port(cluster.own)[1]), backlog=1024)
        except OSError as error:
            raise _wrong("an address at which this worker can listen", f"{own}: {error.strerror}") from error
        open_until_all_are_found.enter_context(listener)
        listener.settimeout(PAUSE)
        while any(missing):
            if time.monotonic() > deadline:
                silent = ", ".join(cluster.addresses[index] for index in sorted(to_reach | to_hear))
                raise ValueError(
                    f"--strategy multiworker: expected all workers of TF_CONFIG within {seconds:g} seconds, "
                    f"found no connection with {silent}; --worker-timeout waits longer"
                )
            for index in sorted(to_reach):
                with suppress(OSError):
                    connection = socket.create_connection(cluster.host_and_port(index), PATIENCE)
                    open_until_all_are_found.enter_context(connection)
                    connection.sendall(GREETING % cluster.own)
                    to_reach.remove(index)
            with suppress(OSError):
                connection, _ = listener.accept()
                open_until_all_are_found.enter_context(connection)
                connection.settimeout(PATIENCE)
                greeting = connection.recv(80)
                to_hear -= {index for index in to_hear if greeting == GREETING % index}


def _is_address(value: Any) -> bool:
    host, _, port = value.rpartition(":") if isinstance(value, str) else ("", "", "")
    return bool(host) and port.isdecimal() and 0 < int(port) < 2**16


def _wrong(expected: str, found: str) -> ValueError:
    return ValueError(f"TF_CONFIG: expected {expected}, got {found}")
