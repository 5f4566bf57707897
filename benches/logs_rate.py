"""How fast a burst of log events comes through: `noctop tail`, the AWS CLI and a boto3 loop on one simulator, in one run.

    NOCTOP_BIN=target/measure/noctop python benches/logs_rate.py

Prints events a second for each, in turn, three rounds. Nothing here passes or fails: the figures go into docs/performance.md.
Wants boto3 and the AWS CLI (tests/python/requirements.txt). Version 1 of the CLI, the one that pip installs, has no
`aws logs tail`; it reads the same pages with `filter-log-events`.
"""

import os
import pathlib
import subprocess
import sys
import tempfile
import time

import boto3

EVENTS = 200_000
BINARY = os.environ["NOCTOP_BIN"]
WORLD = f"""
title = "A burst"
seed = 3
regions = ["eu-west-1"]
[[role]]
name = "*"
[[account]]
id = "111111111111"
name = "web"
[alarms]
per_cell = 0
composites = 0
[patches]
per_cell = 0
[logs]
workloads = false
[[logs.group]]
name = "/burst"
writes = "access"
rate = 0.0
[[logs.burst]]
group = "/burst"
before = "10m"
lasts = "5m"
events = {EVENTS}
"""


def lines(command, env):
    began = time.monotonic()
    done = subprocess.run(command, env=env, stdout=subprocess.PIPE, check=True)
    return done.stdout.count(b"\n"), time.monotonic() - began


def main():
    with tempfile.TemporaryDirectory() as home:
        scenario = pathlib.Path(home, "burst.toml")
        scenario.write_text(WORLD)
        sim = subprocess.Popen([BINARY, "sim", "--print-env", "--speed", "0", "--scenario", scenario], stdout=subprocess.PIPE, text=True)
        try:
            endpoint = next(w.split("=", 1)[1] for w in sim.stdout.readline().split() if w.startswith("AWS_ENDPOINT_URL="))
            env = {"PATH": os.environ["PATH"], "HOME": home, "AWS_ENDPOINT_URL": endpoint, "AWS_ACCESS_KEY_ID": "demo",
                   "AWS_SECRET_ACCESS_KEY": "demo", "AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-west-1", "LC_ALL": "C.UTF-8"}

            since = str(int((time.time() - 3600) * 1000))

            def with_boto3():
                logs = boto3.client("logs", endpoint_url=endpoint, region_name="eu-west-1", aws_access_key_id="demo", aws_secret_access_key="demo")
                began, count = time.monotonic(), 0
                with open(os.devnull, "w") as out:
                    for page in logs.get_paginator("filter_log_events").paginate(logGroupName="/burst", startTime=int(since)):
                        for event in page["events"]:
                            print(event["message"], file=out)
                            count += 1
                return count, time.monotonic() - began

            ways = {
                "noctop tail": lambda: lines([BINARY, "tail", "/burst", "--since", "1h", "--no-follow", "--format", "text"], env),
                "aws logs": lambda: lines(["aws", "logs", "filter-log-events", "--log-group-name", "/burst", "--start-time", since,
                                           "--output", "text", "--query", "events[].[timestamp,message]"], env),
                "a boto3 loop": with_boto3,
            }
            for _ in range(3):
                for name, way in ways.items():
                    count, took = way()
                    print(f"{name:<16} {count} events in {took:5.1f} s: {count / took:9.0f} a second")
                    if count < EVENTS:
                        sys.exit(f"{name} lost events")
        finally:
            sim.terminate()
            sim.wait()


main()
