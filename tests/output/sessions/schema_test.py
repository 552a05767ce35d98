#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Validates session records as the program writes them against docs/sessions.schema.json, and shows that the schema
refuses what is wrong and names every column.

usage: schema_test.py DOCS_FOLDER WRITE_SAMPLE_SESSIONS_PROGRAM
"""
import json
import subprocess
import sys
from pathlib import Path

import jsonschema


def lines_of(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()


def broken(record):
    """Variants of a valid record that the schema must refuse."""
    for key in record:
        yield f"without {key}", {other: value for other, value in record.items() if other != key}
        yield f"with an object as {key}", {**record, key: {}}
    yield "of another schema", {**record, "schema": "cairn-session/7"}
    yield "with local time", {**record, "first_time": "2026-11-21T10:15:02+01:00"}
    yield "with a port too high", {**record, "client_port": 65536}
    yield "with a share above 1", {**record, "client_off_share": 1.5}
    yield "with unknown flags", {**record, "client_flags": "ABCDEF"}
    yield "with an unknown state", {**record, "conn_state": "XY"}


def main():
    docs, program = Path(sys.argv[1]), sys.argv[2]
    schema = json.loads((docs / "sessions.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    columns = ["schema", *lines_of(program, "columns")]
    assert list(schema["properties"]) == columns, set(schema["properties"]) ^ set(columns)
    assert schema["required"] == columns, set(schema["required"]) ^ set(columns)
    records = [json.loads(line) for line in lines_of(program)]
    for number, record in enumerate(records, 1):
        errors = sorted(validator.iter_errors(record), key=str)
        assert not errors, f"record {number}: {errors[0].message} at {list(errors[0].absolute_path)}"
        assert list(record) == columns
    refused = 0
    for what, variant in broken(records[0]):
        assert not validator.is_valid(variant), f"the schema accepts a record {what}"
        refused += 1
    # Whoever adds a column says what it means.
    assert all("description" in schema["properties"][name] for name in columns)
    print(f"{len(records)} records are valid, {refused} broken ones are refused")


main()
