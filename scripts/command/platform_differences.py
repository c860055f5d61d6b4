"""What Windows and macOS do in another way than Linux. Written by reading; tried on Linux only."""

import multiprocessing.connection
import os
import shutil
import subprocess
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

WINDOWS = os.name == "nt"


def load_average() -> float:
    """Return the mean number of running processes in the last minute; 0 on Windows, which does not count them."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0


def inherits(connection: Connection) -> dict[str, Any]:
    """Return options of `subprocess.Popen` with which a child inherits a connection and does not receive Ctrl-C."""
    if not WINDOWS:
        return {"pass_fds": [connection.fileno()], "start_new_session": True}
    system: Any = os
    system.set_handle_inheritable(connection.fileno(), True)
    return {"close_fds": False, **without_ctrl_c()}


def inherited(number: int) -> Connection:
    """Return the connection that the parent process had under this number."""
    kind: Any = multiprocessing.connection.PipeConnection if WINDOWS else Connection  # type: ignore[attr-defined]
    return kind(number)


def without_ctrl_c() -> dict[str, Any]:
    """Return options of `subprocess.Popen` with which only the parent process receives Ctrl-C."""
    return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP} if WINDOWS else {"start_new_session": True}  # type: ignore[attr-defined]


def link_or_copy(source: Path, target: Path) -> None:
    """Make a folder available under another path: by a symbolic link, or by a copy where links are not allowed."""
    try:
        target.symlink_to(source, target_is_directory=True)
    except (OSError, NotImplementedError):
        shutil.copytree(source, target)
