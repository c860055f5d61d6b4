"""The time that TensorFlow's operations take, measured by its own profiler."""

import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import tensorflow as tf
from tensorflow.tsl.profiler.protobuf import xplane_pb2

STEPS = 30
SESSIONS = 2
ACTIVATIONS = "Tanh", "Sigmoid"
# Operations that contain other operations.
CONTAINERS = "While", "StatelessWhile", "PartitionedCall", "StatefulPartitionedCall"


def time_by_kind(step: Callable[[], object]) -> dict[str, float]:
    """Return the mean milliseconds of a step by kind of operation: products, activations, arithmetic."""
    # Steps take up to twice as long in the first session of a process, but not in later ones.
    for _ in range(SESSIONS - 1):
        _session(step)
    space = _session(step)
    found: Counter[str] = Counter({"products": 0.0, "activations": 0.0, "arithmetic": 0.0})
    for plane in space.planes:
        for line in plane.lines:
            for event in line.events:
                kind = kind_of(plane.event_metadata[event.metadata_id].name)
                if kind:
                    found[kind] += event.duration_ps / 1e9 / STEPS
    return dict(found)


def _session(step: Callable[[], object]) -> xplane_pb2.XSpace:
    """Return the profile of `STEPS` steps, after as many steps without the profiler."""
    for _ in range(STEPS):
        step()
    options = tf.profiler.experimental.ProfilerOptions(host_tracer_level=2, python_tracer_level=0)
    with tempfile.TemporaryDirectory() as folder:
        with tf.profiler.experimental.Profile(folder, options):
            for _ in range(STEPS):
                step()
        (path,) = Path(folder).rglob("*.xplane.pb")
        return xplane_pb2.XSpace.FromString(path.read_bytes())


def kind_of(name: str) -> str | None:
    """Return the kind of the event `path/of/the/operation:Type`.

    The result is None for other events, and for operations that contain other operations.
    """
    _, colon, operation = name.rpartition(":")
    if not colon or "::" in name or operation.startswith(" ") or operation in CONTAINERS:
        return None
    if "MatMul" in operation:
        return "products"
    return "activations" if operation in ACTIVATIONS else "arithmetic"
