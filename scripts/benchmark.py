"""Times whole training steps side by side, and says how they stand to the limits the project has set itself."""

import os
import statistics
import time
from collections.abc import Callable

THREADS = 2
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS"):
    os.environ[variable] = str(THREADS)

Step = Callable[[], object]


def milliseconds(steps: dict[str, Step], rounds: int, repeat: int = 5) -> dict[str, float]:
    """The median time of each step, in ms, taken in turns: `rounds` times `repeat` steps each, after a warm-up."""
    times: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(rounds):
        for name, step in steps.items():
            step()
            for _ in range(repeat):
                start = time.perf_counter()
                step()
                times[name].append(1000 * (time.perf_counter() - start))
    return {name: statistics.median(values) for name, values in times.items()}
