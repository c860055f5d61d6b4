"""The page on common mistakes shows the lines, messages and pictures that its command makes."""

import json
import re
import textwrap

import pytest

from parity_tests import ROOT, requirements

requirements.need("scripts")

from mistakes import mistake_page, planted_trainings  # noqa: E402

PAGE = mistake_page.PAGE.read_text(encoding="utf-8")
LOSSES = json.loads((mistake_page.FOLDER / "losses.json").read_text(encoding="utf-8"))
PARTS = {name: content for _, name, content, _ in mistake_page.BLOCK.findall(PAGE)}
EXERCISE_BUGS = ["CaptainE", "nicklashansen", "javaidnabi31", "hanbt", "qixianbiao", "mxnet", "mlpack", "thinc"]


def test_there_are_enough_mistakes_and_each_has_a_heading_and_its_losses():
    assert 8 <= len(PARTS) <= 12
    assert PAGE.count("\n## ") == len(PARTS) == len(LOSSES)
    assert all(bug in PAGE for bug in EXERCISE_BUGS)


def test_the_list_at_the_top_names_each_mistake_with_what_its_message_says():
    rows = re.findall(r"^\| (RNN|LSTM) \| \[(.+)\]\(#.+\) \| (.+) \|$", PAGE, re.MULTILINE)
    assert [mistake for _, mistake, _ in rows] == re.findall(r"^## (.+)$", PAGE, re.MULTILINE)
    for (kind, _, listed), (name, part) in zip(rows, PARTS.items(), strict=True):
        assert kind == mistake_page.kind_of(mistake_page.planted(name)).upper()
        wrong = re.findall(r"^([dh]\w*) +∂?\(", part, re.MULTILINE)
        right = re.findall(r"^right in this case: (.+)$", part, re.MULTILINE)
        if listed.startswith("all gradients"):
            assert len(wrong) > 3
            assert right == [name.strip("`") for name in listed.removeprefix("all gradients").split(" but ")[1:]]
        else:
            assert listed == ", ".join(f"`{quantity}`" for quantity in wrong)


@pytest.mark.parametrize("name", PARTS)
def test_the_page_shows_what_the_command_makes(name):
    """The whole generated part but for the judge's message, which takes seconds."""
    mutant = mistake_page.planted(name)
    curves = mistake_page.Curves(*LOSSES[name])
    shown = PARTS[name].partition("What the judge says:")[0]
    assert mistake_page.sentence(mutant, curves) in shown
    assert "\n".join(mistake_page.changed_lines(mutant)) in shown
    picture = ROOT / "docs" / "mistakes" / f"{mistake_page.slug(name)}.png"
    assert f"(mistakes/{picture.name})" in shown
    assert picture.is_file()


@pytest.mark.slow
@pytest.mark.parametrize("name", PARTS)
def test_the_message_on_the_page_is_that_of_the_judge(name):
    (shown,) = re.findall(r"```text\n(.*?)\n```", PARTS[name], re.DOTALL)
    message = mistake_page.message(mistake_page.planted(name))
    assert shown.splitlines() == message
    assert message[-1].endswith("with this mistake: WRONG")


@pytest.mark.parametrize("name", PARTS)
def test_the_line_that_mends_a_mistake_is_a_line_of_the_project(name):
    mutant = mistake_page.planted(name)
    lines = {line.strip() for line in (ROOT / mutant.file).read_text(encoding="utf-8").splitlines()}
    right = [line[2:] for line in mistake_page.changed_lines(mutant) if line.startswith("+ ")]
    assert right
    assert set(right) <= lines


def test_the_first_losses_are_those_of_the_training():
    """The first steps alone, before the rounding of another processor has grown."""
    name = "dc overwritten by the path through h"
    module = mistake_page.module_with(mistake_page.planted(name))
    for number, code in enumerate([planted_trainings.RIGHT["lstm"], module]):
        found = planted_trainings.losses(code, "lstm", steps=5)
        assert found == pytest.approx(LOSSES[name][number][:5], abs=1e-3)


def test_an_unknown_name_is_refused():
    with pytest.raises(ValueError, match="expected the name of a planted error, got 'no such error'"):
        mistake_page.planted("no such error")


def test_a_changed_part_of_the_page_is_made_again(monkeypatch):
    monkeypatch.setattr(mistake_page, "message", lambda mutant: ["the message"])
    name = "db added to itself"
    page = f"Text before\n\n<!-- mistake: {name} -->\nold\n<!-- end -->\n\nText after\n"
    made = mistake_page.filled(page, {name: mistake_page.Curves([2.0], [3.0])})
    assert made.startswith("Text before")
    assert made.endswith("<!-- end -->\n\nText after\n")
    assert "old" not in made
    assert (
        textwrap.dedent("""
        ```diff
        - db += db  # ∂(1.1)/∂b, summed over t
        + db += da.sum(axis=1, keepdims=True)  # ∂(1.1)/∂b, summed over t
        ```
        """)
        in made
    )
    assert mistake_page.filled(made, {name: mistake_page.Curves([2.0], [3.0])}) == made
