# ruff: noqa: ANN001, ANN002, ANN201, ANN204, S608, T201
# A program of its own, which runs in a container.
"""A ledger: rows in PostgreSQL, migrations of its own, and an answer that needs the columns that its code knows."""

import http.client
import http.server
import json
import os
import pathlib
import socket
import struct
import sys

MIGRATIONS = json.loads(pathlib.Path("/migrations.json").read_text())
COLUMNS = pathlib.Path("/columns").read_text().strip()


class Database:
    """Speak as much of PostgreSQL's protocol as a user needs whom the server trusts."""

    def __init__(self):
        try:
            self.socket = socket.create_connection(("db", 5432), timeout=5)
        except OSError as error:
            sys.exit(f"CommandError: the database does not answer: {error}")
        start = b"user\0app\0database\0ledger\0\0"
        self.socket.sendall(struct.pack("!ii", len(start) + 8, 196608) + start)
        self.read()

    def query(self, text):
        """Run statements in one transaction and give the first values of their rows."""
        data = text.encode() + b"\0"
        self.socket.sendall(b"Q" + struct.pack("!i", len(data) + 4) + data)
        return self.read()

    def read(self):
        rows, error = [], None
        while True:
            kind, body = self.message()
            if kind == b"D" and struct.unpack("!h", body[:2])[0]:
                size = struct.unpack("!i", body[2:6])[0]
                rows.append(body[6 : 6 + max(size, 0)].decode())
            elif kind == b"E":
                fields = {part[:1]: part[1:] for part in body.split(b"\0") if part}
                error = fields[b"M"].decode()
            elif kind == b"Z":
                if error:
                    raise RuntimeError(error)
                return rows
            if kind == b"E" and fields[b"S"] == b"FATAL":
                raise RuntimeError(error)

    def message(self):
        head = self.exactly(5)
        return head[:1], self.exactly(struct.unpack("!i", head[1:])[0] - 4)

    def exactly(self, size):
        data = b""
        while len(data) < size:
            more = self.socket.recv(size - len(data))
            if not more:
                raise RuntimeError("the database hung up")
            data += more
        return data


def applied(database):
    database.query("CREATE TABLE IF NOT EXISTS applied (name text)")
    return database.query("SELECT name FROM applied")


def pending():
    done = applied(Database())
    known = [entry["name"] for entry in MIGRATIONS]
    wait = [{"name": e["name"], "findings": e.get("findings", [])} for e in MIGRATIONS if e["name"] not in done]
    print(json.dumps({"pending": wait, "fresh": not done, "ahead": [name for name in done if name not in known]}))


def migrate():
    database = Database()
    done = applied(database)
    for entry in MIGRATIONS:
        if entry["name"] not in done:
            print("Applying", entry["name"], flush=True)
            try:
                database.query(f"{entry['sql']}; INSERT INTO applied VALUES ('{entry['name']}')")
            except RuntimeError as error:
                sys.exit(str(error))


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        try:
            rows, status = Database().query(f"SELECT {COLUMNS} FROM rows"), 200
        except (RuntimeError, SystemExit) as error:
            rows, status = str(error), 503
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps({"release": os.environ.get("RELEASE"), "rows": rows}).encode())

    def log_message(self, *words):
        pass


def serve():
    http.server.ThreadingHTTPServer(("", 8000), Handler).serve_forever()


def ask():
    connection = http.client.HTTPConnection("127.0.0.1", 8000, timeout=5)
    connection.request("GET", "/")
    answer = connection.getresponse()
    print(answer.status, answer.read().decode())


{"pending": pending, "migrate": migrate, "serve": serve, "ask": ask}[sys.argv[1]]()
