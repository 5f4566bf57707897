#!/usr/bin/env python3
"""Counts instructions: runs `benches/frame/instructions.rs` under callgrind and holds every part to its ceiling.

The first argument is the bench's program, the second a folder for what is written on the way. Instructions hardly
depend on the machine and not at all on what else it does; what varies is the seed of hash maps.
"""

import pathlib
import re
import subprocess
import sys


def main(program, folder):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("count*"):
        old.unlink()
    # Names are all that is needed of what a debugger reads, and valgrind would read the rest for a minute.
    lean = folder / "program"
    subprocess.run(["strip", "--strip-debug", "-o", lean, program], check=True)
    told = subprocess.run([lean, "instructions"], check=True, stdout=subprocess.PIPE, text=True).stdout
    ceilings = [line.split() for line in told.splitlines()]
    each = [f"--dump-after=frame::instructions::{name}" for name in ["begin", *(part for part, _ in ceilings)]]
    subprocess.run(
        ["valgrind", "--quiet", "--tool=callgrind", f"--callgrind-out-file={folder / 'count'}", *each,
         lean, "instructions"], check=True, stdout=subprocess.DEVNULL,
    )
    # Of two dumps each, the first is what came before the part.
    dumps = sorted(folder.glob("count.*"), key=lambda path: int(path.suffix[1:]))[1::2]
    counts = [int(re.search(r"^totals: (\d+)", dump.read_text(), re.MULTILINE)[1]) for dump in dumps]
    if not ceilings or len(counts) != len(ceilings):
        sys.exit(f"{len(ceilings)} parts were named and {len(counts)} counted")
    too_many = 0
    for (part, ceiling), count in zip(ceilings, counts):
        over = count > int(ceiling)
        too_many += over
        print(f"{part:<32}{count:>14,} instructions, at most {int(ceiling):,}{'   TOO MANY' if over else ''}")
    sys.exit(1 if too_many else 0)


main(*sys.argv[1:])
