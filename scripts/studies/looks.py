"""The colours and markers that mean the same in the pictures of all studies."""

from typing import Any

from matplotlib.colors import to_rgb

from pages.style import BLUE, GREEN, VERMILLION

# Colour and form of each model's line.
MODEL_LOOKS = {"RNN": (BLUE, "o-"), "LSTM": (VERMILLION, "s-"), "LSTM, open": (GREEN, "^-")}
# A published accuracy of the notebook.
NOTEBOOK: dict[str, Any] = {
    "linestyle": "",
    "marker": "D",
    "color": "black",
    "markersize": 8,
    "markeredgecolor": "white",
    "label": "the notebook",
}


def shades(colour: str, number: int) -> list[tuple[float, ...]]:
    """Return shades of a colour, from light for the smallest network to dark for the largest."""
    light, dark = (
        tuple(part * channel + white for channel in to_rgb(colour)) for part, white in ((0.5, 0.5), (0.4, 0))
    )
    steps = [k / max(number - 1, 1) for k in range(number)]
    return [tuple((1 - s) * low + s * high for low, high in zip(light, dark, strict=True)) for s in steps]
