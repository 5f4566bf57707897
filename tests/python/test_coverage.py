"""Every operation that the simulator offers is walked by a test of its service."""

import pathlib
import re

from botocore import xform_name

HERE = pathlib.Path(__file__).parent


def test_every_operation_is_walked(sim):
    missing = []
    for service in sim.control("GET", "")["services"]:
        paths = sorted(HERE.glob(f"test_{service['alias']}*.py"))
        text = "".join(path.read_text() for path in paths)
        for operation in service["operations"]:
            name = xform_name(operation)
            # Called, or handed to what reads all pages of it.
            if not re.search(rf"\.{name}\b|['\"]{name}['\"]", text):
                missing.append(f"{service['alias']}: {name}")
    assert not missing, missing
