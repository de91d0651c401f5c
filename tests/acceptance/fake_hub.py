"""A hub of models on this machine, for tests: it speaks the part of Hugging Face's interface that `pull` uses.

GET /api/models/ORG/REPO/revision/REV?blobs=true   what there is
GET /ORG/REPO/resolve/REV/FILE                     a file: small ones at once, large ones by a redirect to a second server

Faults are put in by path; every request is kept, with the bytes that were sent.
"""

import hashlib
import http.server
import json
import re
import threading
import time
import urllib.parse

LARGE = 20_000  # bytes from which a file is stored apart, as by Git LFS


def git_blob(content):
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def sha256(content):
    return hashlib.sha256(content).hexdigest()


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, hub, role):
        super().__init__(("127.0.0.1", 0), Handler)
        self.hub, self.role = hub, role
        self.connections = 0
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    @property
    def origin(self):
        return f"http://127.0.0.1:{self.server_address[1]}"

    def get_request(self):
        self.connections += 1
        return super().get_request()

    def handle_error(self, request, client_address):
        pass  # clients that are killed are what the tests are about


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        hub, path = self.server.hub, urllib.parse.urlsplit(self.path).path
        record = {"server": self.server.role, "path": path, "headers": dict(self.headers), "sent": 0}
        hub.requests.append(record)
        fault = hub.fault(self.server.role, path)
        if "status" in fault:
            return self.answer(fault["status"], {}, b"an error page")
        if "text" in fault:
            return self.answer(200, {}, fault["text"].encode())
        if "location" in fault:
            return self.answer(302, {"Location": fault["location"]}, b"")
        if self.server.role == "cdn":
            return self.send_file(
                hub.stored[path], {"ETag": f'"{fault.get("etag", sha256(hub.stored[path]))}"'}, fault, record
            )
        if path in hub.plain:
            etag = hub.plain[path].get("etag")
            return self.send_file(hub.plain[path]["content"], {"ETag": etag} if etag else {}, fault, record)
        if match := re.fullmatch(r"/api/models/([^/]+/[^/]+)/revision/([^/]+)", path):
            return self.send_listing(match[1], urllib.parse.unquote(match[2]))
        if match := re.fullmatch(r"/([^/]+/[^/]+)/resolve/([^/]+)/(.+)", path):
            return self.send_resolved(match[1], urllib.parse.unquote(match[3]), fault, record)
        return self.answer(404, {}, b"nothing here")

    def send_listing(self, repository, revision):
        hub = self.server.hub
        if repository not in hub.repositories or revision not in (
            "main",
            "refs/pr/1",
            hub.repositories[repository]["commit"],
        ):
            return self.answer(404, {}, b"nothing here")
        repo = hub.repositories[repository]
        siblings = []
        for path, content in repo["files"].items():
            item = {
                "rfilename": path,
                "size": len(content),
                "blobId": repo["digests"].get(path, git_blob(content)),
            }
            if len(content) >= LARGE:
                item["lfs"] = {
                    "sha256": repo["digests"].get(path, sha256(content)),
                    "size": len(content),
                    "pointerSize": 130,
                }
            if repo["bare"]:
                item = {"rfilename": path}
            siblings.append(item)
        answer = {
            "id": repository,
            "sha": repo["commit"],
            "siblings": siblings,
            "cardData": {"license": repo["license"]},
        }
        return self.answer(200, {"Content-Type": "application/json"}, json.dumps(answer).encode())

    def send_resolved(self, repository, path, fault, record):
        hub = self.server.hub
        content = hub.repositories.get(repository, {"files": {}})["files"].get(path)
        if content is None:
            return self.answer(404, {}, b"nothing here")
        commit = hub.repositories[repository]["commit"]
        if len(content) < LARGE:
            etag = hub.repositories[repository]["digests"].get(path, git_blob(content))
            return self.send_file(content, {"ETag": f'"{etag}"', "X-Repo-Commit": commit}, fault, record)
        digest = hub.repositories[repository]["digests"].get(path, sha256(content))
        place = f"/blobs/{repository}/{path}"
        hub.stored.setdefault(place, content)
        headers = {
            "X-Linked-ETag": f'"{digest}"',
            "X-Linked-Size": str(len(content)),
            "X-Repo-Commit": commit,
            "Location": f"{hub.cdn.origin}{place}?signature=abc",
        }
        return self.answer(302, headers, b"")

    def send_file(self, content, headers, fault, record):
        first, wanted = 0, self.headers.get("Range", "")
        if (match := re.fullmatch(r"bytes=(\d+)-", wanted)) and not fault.get("no_ranges"):
            same = self.headers.get("If-Range", headers.get("ETag")) == headers.get("ETag")
            if same or fault.get("no_if_range"):
                first = int(match[1])
                if first >= len(content):
                    return self.answer(416, {"Content-Range": f"bytes */{len(content)}"}, b"")
                headers = {**headers, "Content-Range": f"bytes {first}-{len(content) - 1}/{len(content)}"}
        body = content[first:]
        self.send_response(206 if first else 200)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        most = fault.get("most", len(body))
        step = fault.get("step", 65536)
        for start in range(0, min(most, len(body)), step):
            part = body[start : min(start + step, most)]
            self.wfile.write(part)
            self.wfile.flush()
            record["sent"] += len(part)
            if "pause" in fault:
                time.sleep(fault["pause"])
        if most < len(body):
            if fault.get("hang"):
                time.sleep(fault["hang"])
            self.close_connection = True

    def answer(self, status, headers, body):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class FakeHub:
    def __init__(self):
        self.repositories, self.stored, self.plain, self.requests, self.faults = {}, {}, {}, [], []
        self.hub, self.cdn = Server(self, "hub"), Server(self, "cdn")

    @property
    def endpoint(self):
        return self.hub.origin

    def publish(self, repository, files, license="apache-2.0", digests=None, bare=False):
        """`digests`: what is stated instead of the truth; `bare`: the listing has names only."""
        text = json.dumps([[path, sha256(content)] for path, content in files.items()])
        self.repositories[repository] = {
            "files": files,
            "license": license,
            "digests": digests or {},
            "bare": bare,
            "commit": hashlib.sha1((repository + text).encode()).hexdigest(),
        }
        for path in [p for p in self.stored if p.startswith(f"/blobs/{repository}/")]:
            del self.stored[path]

    def put_fault(self, pattern, times=1, server=None, **fault):
        """The next `times` requests whose path matches get the fault."""
        self.faults.append([re.compile(pattern), server, times, fault])

    def fault(self, role, path):
        for entry in self.faults:
            if entry[2] > 0 and entry[1] in (None, role) and entry[0].search(path):
                entry[2] -= 1
                return entry[3]
        return {}

    def reset(self):
        """Forgets faults and requests."""
        self.requests, self.faults = [], []

    def sent(self, ending):
        return sum(request["sent"] for request in self.requests if request["path"].endswith(ending))

    def connections(self):
        return self.hub.connections + self.cdn.connections
