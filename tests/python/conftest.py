"""Starts `noctop sim` and hands out boto3 clients for it.

The binary is `$NOCTOP_BIN` or `target/debug/noctop`. A missing binary fails the tests; nothing is skipped.
"""

import contextlib
import json
import os
import pathlib
import re
import subprocess
import urllib.request

import boto3
import botocore.session
import pytest
from botocore.config import Config

ROOT = pathlib.Path(__file__).parents[2]
BINARY = os.environ.get("NOCTOP_BIN", str(ROOT / "target" / "debug" / "noctop"))


class Sim:
    """A running simulator."""

    def __init__(self, endpoint):
        self.endpoint = endpoint

    def client(self, service, account=None, region="eu-west-1", protocol=None, **config):
        """A client in an account: an access key may end with the twelve digits of one.

        `protocol` makes botocore speak another one of those that the service's model lists.
        """
        session = botocore.session.get_session()
        if protocol:
            loader = session.get_component("data_loader")
            metadata = loader.load_service_model(service, "service-2")["metadata"]
            assert protocol in metadata["protocols"]
            metadata["protocols"] = [protocol]
        return boto3.Session(botocore_session=session).client(
            service,
            endpoint_url=self.endpoint,
            region_name=region,
            aws_access_key_id=f"AKIA{account}" if account else "demo",
            aws_secret_access_key="demo",
            config=Config(retries={"total_max_attempts": 1}, read_timeout=10, **config),
        )

    def with_credentials(self, service, credentials, region="eu-west-1"):
        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name=region,
            aws_access_key_id=credentials["AccessKeyId"],
            aws_secret_access_key=credentials["SecretAccessKey"],
            aws_session_token=credentials["SessionToken"],
            config=Config(retries={"total_max_attempts": 1}),
        )

    def control(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.endpoint}/_sim/{path}", method=method, data=data)
        with urllib.request.urlopen(request, timeout=30) as response:
            return json.load(response)

    def truth(self, service, account, region="eu-west-1"):
        """What the simulator holds for one service in one account and region."""
        rows = self.control("GET", f"truth?service={service}&account={account}&region={region}")
        assert len(rows) == 1, rows
        return rows[0]["truth"]

    @contextlib.contextmanager
    def fault(self, kind, **where):
        made = self.control("POST", "faults", {"kind": kind, **where})
        try:
            yield
        finally:
            self.control("DELETE", f"faults?id={made['id']}")

    def aws(self, *arguments, region="eu-west-1", account=None):
        """Runs the AWS CLI and reads its JSON."""
        env = {
            "PATH": os.environ["PATH"],
            "HOME": "/nonexistent",
            "AWS_ACCESS_KEY_ID": f"AKIA{account}" if account else "demo",
            "AWS_SECRET_ACCESS_KEY": "demo",
            "AWS_REGION": region,
            "AWS_DEFAULT_REGION": region,
            "AWS_MAX_ATTEMPTS": "1",
            "AWS_PAGER": "",
            "LC_ALL": "C.UTF-8",
        }
        for name in ("PYENV_ROOT", "PYENV_VERSION", "VIRTUAL_ENV"):
            if name in os.environ:
                env[name] = os.environ[name]
        done = subprocess.run(
            ["aws", "--endpoint-url", self.endpoint, "--output", "json", *arguments],
            env=env,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if done.stdout.strip() else None


@contextlib.contextmanager
def running(*arguments):
    process = subprocess.Popen([BINARY, "sim", *arguments], stdout=subprocess.PIPE, text=True)
    try:
        line = process.stdout.readline()
        found = re.search(r"http://[\d.]+:\d+", line)
        assert found, f"no endpoint in {line!r}"
        yield Sim(found.group(0))
    finally:
        process.terminate()
        assert process.wait(timeout=10) == 0, "SIGTERM must end it cleanly"


@pytest.fixture(scope="session")
def sim():
    """The default world, its time frozen: two reads of it agree."""
    with running("--speed", "0") as sim:
        yield sim


@pytest.fixture
def fresh():
    """Worlds of one's own: `fresh("--scenario", "quiet-night")`."""
    with contextlib.ExitStack() as stack:
        yield lambda *arguments: stack.enter_context(running(*arguments))


@pytest.fixture(scope="session")
def stage(tmp_path_factory):
    """A frozen world with the fleet as boto3 sees it and a noctop set up for it: `stage("everyday")`; made once each."""
    import fleet

    made = {}
    with contextlib.ExitStack() as stack:

        def one(scenario, *arguments, regions=("eu-west-1", "us-east-1"), advance=None, more=()):
            key = (scenario, arguments, regions, advance, more)
            if key not in made:
                sim = stack.enter_context(running("--scenario", scenario, "--speed", "0", *arguments))
                sim.control("DELETE", "faults")
                if advance:
                    sim.control("POST", "clock", {"advance": advance})
                home = tmp_path_factory.mktemp(pathlib.Path(scenario).stem)
                noctop = fleet.Noctop(home, sim.endpoint, fleet.config(regions, *more))
                made[key] = sim, fleet.Fleet(sim, regions), noctop
            return made[key]

        yield one
