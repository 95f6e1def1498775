"""A verb's help: one screen of 80 x 40, two examples that can be typed, grouped by question."""

import re
import shlex

import pytest
import typer
from typer.testing import CliRunner

from gradparity.harness.cli import app
from gradparity.harness.terminal.verb import LINES, Verb

COMMAND = typer.main.get_command(app)


def verbs(command=COMMAND, path=()):
    """Every verb that can be called, by its words."""
    for name, found in command.commands.items():
        if hasattr(found, "commands"):
            yield from verbs(found, (*path, name))
        else:
            yield (*path, name), found


VERBS = dict(verbs())


def shown(*words):
    done = CliRunner(env={"COLUMNS": "80", "TERMINAL_WIDTH": "80"}).invoke(app, words)
    assert done.exit_code == 0
    return done.output


@pytest.mark.parametrize("words", VERBS, ids=" ".join)
def test_the_help_fits_a_screen_and_ends_with_two_examples(words):
    lines = shown(*words, "--help").rstrip("\n").splitlines()
    assert len(lines) <= LINES
    assert max(map(len, lines)) <= 80
    *_, title, first, second, _ = lines
    assert title.startswith("╭─ Examples")
    assert all(f"gradparity {' '.join(words)}" in line for line in (first, second))


@pytest.mark.parametrize("words", VERBS, ids=" ".join)
def test_the_examples_can_be_typed(words):
    examples = VERBS[words].epilog.splitlines()
    assert len(set(examples)) == 2
    for example in examples:
        program, *typed = shlex.split(example)
        assert program == "gradparity"
        assert tuple(typed[: len(words)]) == words
        VERBS[words].make_context(words[-1], typed[len(words) :]).close()


@pytest.mark.parametrize("words", VERBS, ids=" ".join)
def test_what_the_help_leaves_out_it_names_and_shows_when_asked(words):
    text = shown(*words, "--help")
    named = re.findall(r"(?<![\w-])--[a-z0-9][\w-]*", text)
    whole = shown(*words, "--help-all")
    for one in VERBS[words].params:
        for name in one.opts:
            if name.startswith("--"):
                assert name in named
                assert name in whole


def test_every_verb_answers_a_question():
    panels = {command.rich_help_panel for command in COMMAND.commands.values()}
    assert panels == {
        *("Is it right?", "What does it cost?", "How does it train?"),
        *("What was found?", "This machine"),
    }
    assert all(isinstance(verb, Verb) for verb in VERBS.values())
    text = shown("--help")
    assert [text.index(f"╭─ {panel}") > 0 for panel in panels]
