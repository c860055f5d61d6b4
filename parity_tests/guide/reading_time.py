"""How long a person needs to read a page of the guide, counted from its Markdown source."""

import re

WORDS_PER_MINUTE = 200
SECONDS_PER_EQUATION = 20  # a displayed equation, a row of a table of equations, or a figure
SECONDS_PER_CODE_LINE = 10
CODE = {"python", "sh", "diff"}
NAVIGATION = "{toctree}"  # the words of all other blocks are counted
FENCE = re.compile(r"^( *)```(\w+|\{\w+\})\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
BESIDE_CODE = re.compile(r"^:::\{beside-code\}.*?^:::$", re.MULTILINE | re.DOTALL)
ROW = re.compile(r"^\| .+ \|$", re.MULTILINE)
EQUATION = re.compile(r"\$\$.+?\$\$", re.DOTALL)
FIGURE = re.compile(r"<picture>.*?</picture>|!\[[^\]]*\]\([^)]*\)", re.DOTALL)
NOT_READ = re.compile(r"<!--.*?-->|^:::.*$|\]\([^)]*\)|^[|: -]+$|[|*#`\[\]]|(?<=\s)-(?=\s)", re.MULTILINE | re.DOTALL)


def code_lines(text: str) -> int:
    """The number of lines of code in a Markdown text."""
    blocks = [block for _, language, block in FENCE.findall(text) if language in CODE]
    return sum(bool(line.strip()) for block in blocks for line in block.splitlines())


def minutes(text: str) -> float:
    """Minutes for the words, the equations and figures, and the lines of code of a Markdown text."""
    lines = code_lines(text)
    text = FENCE.sub(lambda block: "" if block[2] in {*CODE, NAVIGATION} else block[3], text)
    rows = sum(len(ROW.findall(table)) - 1 for table in BESIDE_CODE.findall(text))  # without the head
    text = BESIDE_CODE.sub("", text)
    shown = len(EQUATION.findall(text)) + len(FIGURE.findall(text)) + rows
    words = NOT_READ.sub(" ", FIGURE.sub("", EQUATION.sub("", text))).split()
    seconds = SECONDS_PER_EQUATION * shown + SECONDS_PER_CODE_LINE * (lines + rows)
    return len(words) / WORDS_PER_MINUTE + seconds / 60
