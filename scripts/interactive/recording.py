"""A short animated picture of the interactive page: reading forward, line by line, and backward."""

import io
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from command.errors import Refused

BROWSERS = "chromium", "chromium-browser", "google-chrome"
VIEWPORT: Any = {"width": 1280, "height": 900}
WIDTH = 900
QUALITY = 60
# An image that the RNN takes for another digit until its last rows, and a unit of the LSTM whose state changes.
START = "#image=25&t=0&unit=23"
LINES = 8  # of the LSTM's forward loop
# Milliseconds that a picture is shown.
ROW, LINE, STEP_BACK, HOLD = 160, 450, 90, 1800


def browser_path() -> str | None:
    """Return the path of an installed Chromium or Chrome, or None."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def record(page_folder: Path, path: Path) -> int:
    """Write the animated picture of the page in `page_folder`; return its size in bytes."""
    browser_file = browser_path()
    if browser_file is None:
        raise Refused(f"--recording: expected an installed browser, found none of {', '.join(BROWSERS)}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_file)
        page = browser.new_page(viewport=VIEWPORT, color_scheme="light")
        page.goto(f"{page_folder.resolve().as_uri()}/index.html{START}")
        frames = [(_picture(page), duration) for duration in _play(page)]
        browser.close()
    pictures, durations = zip(*frames, strict=True)
    pictures[0].save(
        path, save_all=True, append_images=pictures[1:], duration=durations, loop=0, quality=QUALITY, method=6
    )
    return path.stat().st_size


def _play(page: Page) -> Iterator[int]:
    """Show one state after another; yield for how many milliseconds each is shown."""
    yield HOLD // 2
    for t in range(1, 29):
        page.evaluate(f"set({{ t: {t} }})")
        yield ROW if t < 28 else HOLD
    for line in range(1, LINES + 1):
        page.evaluate(f"set({{ view: 'lines', t: 14, line: {line} }})")
        yield LINE if line < LINES else HOLD
    for back in range(28, -1, -1):
        page.evaluate(f"set({{ view: 'backward', back: {back} }})")
        yield STEP_BACK if back else HOLD


def _picture(page: Page) -> Image.Image:
    """Return what the window shows, in the width of the recording."""
    shot = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    return shot.resize((WIDTH, shot.height * WIDTH // shot.width), Image.Resampling.LANCZOS)
