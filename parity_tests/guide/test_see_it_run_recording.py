"""Is the recording of the interactive page a short animated picture, and can the command make it?"""

import pytest
from PIL import Image

from interactive import recording
from parity_tests.commands.processes import run
from parity_tests.guide.browser import SEE_IT_RUN

PUBLISHED = SEE_IT_RUN / "recording.webp"


def assert_recording(path):
    assert path.stat().st_size < 1_500_000
    with Image.open(path) as picture:
        assert (picture.format, picture.width, getattr(picture, "is_animated", False)) == (
            "WEBP",
            recording.WIDTH,
            True,
        )


def test_the_published_recording():
    assert_recording(PUBLISHED)


@pytest.mark.slow
@pytest.mark.skipif(recording.browser_path() is None, reason=f"needs a browser: {', '.join(recording.BROWSERS)}")
def test_the_command_records(tmp_path):
    code, stdout, stderr = run("--recording", "page.webp", folder=tmp_path, script="see_it_run.py")
    assert (code, stderr) == (0, "")
    assert stdout == f"Written to page.webp: {(tmp_path / 'page.webp').stat().st_size:,} bytes\n"
    assert_recording(tmp_path / "page.webp")
