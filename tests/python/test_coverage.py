"""Every operation that the simulator offers is walked by a test of its service."""

import pathlib

from botocore import xform_name

HERE = pathlib.Path(__file__).parent


def test_every_operation_is_walked(sim):
    missing = []
    for service in sim.control("GET", "")["services"]:
        path = HERE / f"test_{service['alias']}.py"
        text = path.read_text() if path.exists() else ""
        for operation in service["operations"]:
            name = xform_name(operation)
            if f".{name}(" not in text and f'"{name}"' not in text:
                missing.append(f"{path.name}: {name}")
    assert not missing, missing
