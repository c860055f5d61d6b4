"""The colours and settings of all pictures."""

# The palette of Okabe and Ito, which colour-blind readers can tell apart.
BLUE, VERMILLION, GREEN, ORANGE = "#0072B2", "#D55E00", "#009E73", "#E69F00"
PURPLE, SKY = "#CC79A7", "#56B4E9"
GREY, PALE = "#6E6E6E", "#DEDEDE"
STYLE = {
    "font.family": "DejaVu Sans",
    "font.size": 14,
    "axes.titlelocation": "left",
    "axes.titlepad": 10,
    "axes.edgecolor": GREY,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "lines.dashed_pattern": [1.2, 0.6],
    "grid.color": "#EBEBEB",
    "savefig.dpi": 150,
    "figure.constrained_layout.w_pad": 0.08,
    "figure.constrained_layout.h_pad": 0.08,
    "savefig.bbox": "tight",
    "savefig.pad_inches": 0.2,
}
