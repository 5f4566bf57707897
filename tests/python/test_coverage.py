"""Every operation that the simulator offers is walked by a test of its service."""

import pathlib
import re

from botocore import xform_name

HERE = pathlib.Path(__file__).parent


def test_every_operation_is_walked(sim):
    missing = []
    for service in sim.control("GET", "")["services"]:
        path = HERE / f"test_{service['alias']}.py"
        text = path.read_text() if path.exists() else ""
        for operation in service["operations"]:
            name = xform_name(operation)
            # Called, or handed to what reads all pages of it.
            if not re.search(rf"\.{name}\b|['\"]{name}['\"]", text):
                missing.append(f"{path.name}: {name}")
    assert not missing, missing
