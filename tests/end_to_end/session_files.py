# SPDX-License-Identifier: BSD-3-Clause
"""Files of session records, as columns with a header."""
import contextlib
import datetime
import sqlite3

START = datetime.datetime(2026, 11, 21, 10)
COLUMNS = ["session_id", "client_ip", "client_port", "server_ip", "server_port", "transient_server",
           "client_first_flags", "server_first_flags", "client_flags", "server_flags", "client_payload_bytes",
           "server_payload_bytes", "client_packets", "server_packets", "first_time", "last_time", "client_fingerprint",
           "server_fingerprint", "end", "conn_state", "history", "closed_by", "first_data_by", "client_bytes",
           "server_bytes", "client_onsets", "client_off_share", "alerts"]


def moment(seconds):
    """So many seconds after the beginning, as the columns have times."""
    return (START + datetime.timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S.%f") + "000Z"


def attempt(client, server, port, at=0, **fields):
    """An attempt without an answer; any column can be given."""
    return {"session_id": 0, "client_ip": client, "client_port": 40000, "server_ip": server, "server_port": port,
            "transient_server": "F", "client_first_flags": "____S_", "server_first_flags": "______",
            "client_flags": "____S_", "server_flags": "______", "client_payload_bytes": 0, "server_payload_bytes": 0,
            "client_packets": 1, "server_packets": 0, "first_time": moment(at), "last_time": moment(at),
            "client_fingerprint": "-", "server_fingerprint": "-", "end": "timeout", "conn_state": "S0", "history": "S",
            "closed_by": "-", "first_data_by": "-", "client_bytes": 0, "server_bytes": 0, "client_onsets": 0,
            "client_off_share": 0, "alerts": "-", **fields}


def rejected(client, server, port, at=0, **fields):
    return attempt(client, server, port, at, **{"server_first_flags": "_A_R__", "server_flags": "_A_R__",
                                                "server_packets": 1, "conn_state": "REJ", "end": "reset",
                                                "history": "Sr", **fields})


def accepted(client, server, port, at=0, sent=0, lasts=1, **fields):
    return attempt(client, server, port, at, **{
        "server_first_flags": "_A__S_", "server_flags": "_A__SF", "client_flags": "_AP_SF", "client_packets": 5,
        "server_packets": 4, "conn_state": "SF", "end": "closed", "history": "ShADadFf", "closed_by": "client",
        "client_bytes": sent, "client_payload_bytes": sent, "server_bytes": 2 * sent, "server_payload_bytes": 2 * sent,
        "last_time": moment(at + lasts), **fields})


def text(sessions, columns=tuple(COLUMNS)):
    """The whole file."""
    lines = ["\t".join(columns)]
    for number, session in enumerate(sessions, 1):
        session = {**session, "session_id": session["session_id"] or number}
        lines.append("\t".join(str(session[column]) for column in columns))
    return ("\n".join(lines) + "\n").encode()


def duration(session):
    """Of one record that was parsed, in seconds."""
    first, last = (datetime.datetime.fromisoformat(session[key][:26]) for key in ("first_time", "last_time"))
    return (last - first).total_seconds()


def parse(contents):
    """The records of a whole file of columns, each by its names; none of one that was only begun."""
    if not contents:
        return []
    assert contents.endswith("\n"), f"the last line is cut: {contents[-80:]!r}"
    header, *lines = (line.split("\t") for line in contents.splitlines())
    assert all(len(line) == len(header) for line in lines), "a line has other columns than the header"
    return [dict(zip(header, line)) for line in lines]


def rows_of(path):
    """The records of a database, likewise, in the order in which they were written."""
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.row_factory = sqlite3.Row
        return [dict(row) for row in database.execute("SELECT * FROM sessions ORDER BY rowid")]
