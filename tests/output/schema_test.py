#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Validates what the program writes against the schemas in docs/, and shows that they refuse what is wrong.

usage: schema_test.py DOCS_FOLDER WRITE_SAMPLE_EVENTS_PROGRAM
"""
import copy
import json
import re
import subprocess
import sys
from pathlib import Path

import jsonschema

EVENTS = {"stepping_stone", "message_relay", "unjudged", "relay_node", "stepping_stone_end", "exposure", "chain", "clock_step",
          "stop_token", "stop_failed", "trace_hop", "trace_done"}


def check_lines(validator, lines, origin):
    """Fails with the first line that is not valid."""
    for number, line in enumerate(lines, 1):
        errors = sorted(validator.iter_errors(json.loads(line)), key=str)
        assert not errors, f"{origin}, line {number}: {errors[0].message} at {list(errors[0].absolute_path)}\n{line}"


def broken(event):
    """Variants of a valid event that the schema must refuse."""
    for key in event:
        if key == "revision" and event["event"].startswith("stop_"):
            continue  # files of older versions are without it
        without = copy.deepcopy(event)
        del without[key]
        yield f"without {key}", without
    yield "other schema", {**event, "schema": "cairn/0"}
    yield "local time", {**event, "time": "2026-11-21T10:15:02+01:00"}
    yield "no nanoseconds", {**event, "time": "2026-11-21T10:15:02Z"}
    yield "unknown event", {**event, "event": "coffee"}


def check_scores(docs, program):
    """What --relays writes and what `cairn relays` prints, against docs/relay-scores.schema.json."""
    schema = json.loads((docs / "relay-scores.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    lines = subprocess.run([program, "scores"], check=True, capture_output=True, text=True).stdout.splitlines()
    check_lines(validator, lines, "sample scores")
    assert [json.loads(line)["event"] for line in lines] == ["host_score", "relay_history"]
    for line in map(json.loads, lines):
        for what, variant in broken(line):
            if what not in ("local time", "no nanoseconds") or "time" in line:
                assert not validator.is_valid(variant), f"the schema accepts a {line['event']} {what}"


def main():
    docs, program = Path(sys.argv[1]), sys.argv[2]
    schema = json.loads((docs / "alerts.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)

    lines = subprocess.run([program], check=True, capture_output=True, text=True).stdout.splitlines()
    check_lines(validator, lines, "sample events")
    events = [json.loads(line) for line in lines]
    assert {event["event"] for event in events} == EVENTS

    refused = 0
    for event in events:
        for what, variant in broken(event):
            assert not validator.is_valid(variant), f"the schema accepts a {event['event']} {what}"
            refused += 1

    # The examples in the manual are valid too, and every field of the output is explained there.
    text = (docs / "alerts.md").read_text(encoding="utf-8")
    examples = re.findall(r"```json\n(.*?)```", text, re.S)
    assert examples, "docs/alerts.md has no example"
    for example in examples:
        check_lines(validator, [json.dumps(json.loads(example))], "docs/alerts.md")
    for event in events:
        for key in event:
            assert f"`{key}`" in text, f"docs/alerts.md does not explain `{key}` ({event['event']})"
    check_scores(docs, program)
    print(f"{len(events)} events and {len(examples)} examples are valid, {refused} broken ones are refused")


main()
