"""What describes the command line itself: keys, completions, the manual, the policies."""

import json
import subprocess

import pytest

import conftest


@pytest.fixture
def noctop(stage):
    _, _, noctop = stage("quiet-night")
    return noctop


def test_keys_tell_what_is_bound_and_where_that_was_written(noctop):
    maps = noctop.home / ".config" / "noctop" / "keymaps"
    maps.mkdir(exist_ok=True)
    (maps / "mine.toml").write_text("description = 'mine'\n[list]\n'x' = 'mark.toggle'\n'ctrl-r' = false\n")
    done = noctop.run_here("keys", "--keymap", "mine", "--format", "json")
    assert done.code == 0, done
    keys = {(key["layer"], key["keys"]): key for key in json.loads(done.out)["keys"]}
    assert keys["list", "x"]["command"] == "mark.toggle"
    assert keys["list", "x"]["from"].endswith("mine.toml:3:7"), keys["list", "x"]
    assert keys["list", "j"]["from"].startswith("keymaps/default.toml:")
    assert ("list", "ctrl-r") not in keys
    table = noctop.run_here("keys", "--layer", "map")
    assert table.code == 0 and "map.enter" in table.out and "row.next" not in table.out
    (maps / "wrong.toml").write_text("description = 'wrong'\n[list]\n'x' = 'mark.togle'\n")
    wrong = noctop.run_here("keys", "--keymap", "wrong")
    assert wrong.code == 1 and "mark.toggle" in wrong.err
    assert noctop.run_here("keys", "--layer", "lits").code == 2


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "elvish", "powershell"])
def test_completions_name_every_subcommand(noctop, shell):
    done = noctop.run_here("completions", shell)
    assert done.code == 0
    for word in ("watch", "wall", "doctor", "query", "iam-policy"):
        assert word in done.out
    if shell == "bash":
        checked = subprocess.run(["bash", "-n"], input=done.out, text=True, capture_output=True)
        assert checked.returncode == 0, checked.stderr


def test_the_manual_has_a_page_for_each_subcommand(noctop, tmp_path):
    page = noctop.run_here("man").out
    assert ".TH noctop 1" in page and "console" in page
    assert noctop.run_here("man", "--dir", str(tmp_path)).code == 0
    listed = subprocess.run([conftest.BINARY, "--help"], capture_output=True, text=True).stdout
    commands = listed.split("Commands:")[1].split("Options:")[0].splitlines()
    names = [line.split()[0] for line in commands if line.startswith("  ") and line[2] != " "]
    assert "watch" in names
    for name in names:
        if name != "help":
            assert (tmp_path / f"noctop-{name}.1").exists(), name
    assert noctop.run_here("man", "--dir", "/no/such/folder").code == 1


def test_the_wall_refuses_where_there_is_no_terminal(noctop):
    done = noctop.run_here("wall", "--demo")
    assert done.code == 2 and "terminal" in done.err
