"""Times planning over an object store, and weighs it: python benchmarks/listing.py [PHOTOS] [SMALLER]

A server on loopback answers S3's ListObjectsV2 for so many photos, made up as they are asked for: a flat prefix, and a
tree of folders of a hundred. Planned as `colorize batch s3://archive/scans -o s3://archive/colour` would, with nothing
done yet, and with everything done (then the journal and the results are there). No photo is read. What memory does not
grow with shows in the row of the smaller number.
"""

import json
import os
import re
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import islice
from urllib.parse import parse_qs, urlsplit

PAGE = 1000  # keys
FOLDER = 100  # photos in a folder of the tree
TIME = "2026-01-01T00:00:00.000Z"
TAG = "0123456789abcdef0123456789abcdef"


class Listing(BaseHTTPRequestHandler):
    """ListObjectsV2 with a delimiter, of `photos` keys below scans/ and, where `done`, colour/."""

    photos = 0
    flat = True
    done = False
    requests = 0
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        type(self).requests += 1
        query = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        prefix = query.get("prefix", "")
        top, _, folder = prefix.partition("/")
        names, is_folder = self._names(top, folder)
        first = int(query["continuation-token"]) if "continuation-token" in query else 0
        if "start-after" in query and not first and names:
            first = int(re.findall(r"\d+", query["start-after"])[-1]) % (FOLDER if folder else self.photos)
        here = names[first : first + PAGE]
        last = first + len(here)
        more = f"<NextContinuationToken>{last}</NextContinuationToken>" if last < len(names) else ""
        entry = self._folder if is_folder else self._object
        body = "".join(entry(prefix, number) for number in here)
        self._send(f"<IsTruncated>{str(bool(more)).lower()}</IsTruncated><KeyCount>{len(here)}</KeyCount>{more}{body}")

    def _names(self, top: str, folder: str) -> tuple[range, bool]:
        if top not in ("scans", "colour") or (top == "colour" and not self.done) or folder.startswith("colorize"):
            return range(0), False
        if self.flat:
            return range(self.photos), False
        if not folder:
            return range(self.photos // FOLDER), True
        return range(FOLDER), False

    def _object(self, prefix: str, number: int) -> str:
        return (
            f"<Contents><Key>{prefix}scan-{number:08}.jpg</Key><LastModified>{TIME}</LastModified>"
            f"<ETag>&#34;{TAG}&#34;</ETag><Size>2000000</Size><StorageClass>STANDARD</StorageClass></Contents>"
        )

    def _folder(self, prefix: str, number: int) -> str:
        return f"<CommonPrefixes><Prefix>{prefix}box-{number:06}/</Prefix></CommonPrefixes>"

    def _send(self, content: str) -> None:
        space = "http://s3.amazonaws.com/doc/2006-03-01/"
        body = f'<?xml version="1.0"?><ListBucketResult xmlns="{space}">{content}</ListBucketResult>'.encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None: ...


def journal_lines(photos: int, flat: bool) -> Iterator[bytes]:
    """As a run over all of them would have written."""
    for number in range(photos):
        name = f"scan-{number:08}.jpg" if flat else f"box-{number // FOLDER:06}/scan-{number % FOLDER:08}.jpg"
        line = {"done": name, "result": name, "size": 2000000, "mtime": 0, "sha256": f"{number:064x}"}
        line |= {"weights": "w", "options": "o", "seconds": 0.5, "at": 1750000000 + number, "tag": TAG}
        line |= {"result_size": 2000000, "result_mtime": 0, "result_tag": TAG, "confidence": 0.4788 + number / 1e9}
        yield json.dumps(line | {"width": 2000, "height": 1500}).encode() + b"\n"


def plan(photos: int, flat: bool, done: bool) -> None:
    """In a process of its own: prints what planning took, as JSON."""
    from colorizer_cli.batch.job import BatchJob
    from colorizer_cli.batch.journal import Journal
    from colorizer_cli.batch.naming import Naming
    from colorizer_cli.batch.plan import Made, Plan

    job = BatchJob("s3://archive/scans", "s3://archive/colour", jobs=1)
    warm = Plan(job, Journal("journal"), Naming(), Made("w", "o"))
    next(iter(warm), None)  # connected, and its libraries loaded
    before, started = peak(), time.perf_counter()
    journal = Journal.read("journal", journal_lines(photos, flat) if done else ())
    read, journal_peak = time.perf_counter() - started, peak()
    started = time.perf_counter()
    plan = Plan(job, journal, Naming(), Made("w", "o"))
    tasks = sum(1 for _ in plan)
    assert (tasks, plan.findings.photos, plan.findings.unchanged) == (0 if done else photos, photos, photos * done)
    seconds = time.perf_counter() - started
    facts = {"seconds": seconds, "before": before, "journal": journal_peak, "peak": peak(), "read": read}
    print(json.dumps(facts))


def peak() -> int:
    """Bytes that this process has had at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def row(photos: int, flat: bool, done: bool) -> str:
    """A line of the table."""
    Listing.photos, Listing.flat, Listing.done, Listing.requests = photos, flat, done, 0
    endpoint = f"http://127.0.0.1:{server.server_port}"
    keys = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "y", "AWS_DEFAULT_REGION": "us-east-1"}
    arguments = [sys.executable, __file__, "--plan", str(photos), str(int(flat)), str(int(done))]
    environment = os.environ | keys | {"AWS_ENDPOINT_URL": endpoint}
    found = json.loads(subprocess.run(arguments, env=environment, stdout=subprocess.PIPE, check=True).stdout)
    shape = "flat prefix" if flat else f"tree, {FOLDER} a folder"
    grown, kept = found["peak"] - found["before"], found["journal"] - found["before"]
    cells = [
        f"{photos:,}",
        shape,
        "all done" if done else "nothing done",
        f"{Listing.requests:,}",
        f"{found['seconds']:.1f} s",
        f"{photos / found['seconds']:,.0f}",
        f"{found['peak'] / 2**20:.0f} MB",
        f"+{grown / 2**20:.0f} MB",
        f"{kept / photos:.0f} bytes a photo, read in {found['read']:.1f} s" if done else "–",
    ]
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    if sys.argv[1:2] == ["--plan"]:
        number, is_flat, is_done = map(int, sys.argv[2:])
        plan(number, bool(is_flat), bool(is_done))
        sys.exit()
    sizes = [int(argument) for argument in islice(sys.argv[1:], 2)] or [1_000_000, 100_000]
    server = ThreadingHTTPServer(("127.0.0.1", 0), Listing)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print("| photos | shape | state | requests | planning | photos/s | peak memory | growth | the journal's part |")
    print("|---:|---|---|---:|---:|---:|---:|---:|---:|", flush=True)
    for is_done in (False, True):
        for is_flat in (True, False):
            for size in sizes:
                print(row(size, is_flat, is_done), flush=True)
