"""Instance metadata service as EC2 has it (IMDSv2): nothing without a token, which a PUT gives for so many seconds.

One server for all instances, which it knows by their addresses: the folder `instances` has a JSON object for each,
ADDRESS.json, and its user data, ADDRESS.user-data.
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html
"""

from __future__ import annotations

import json
import secrets
import sys
import time
from collections.abc import Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

MAC = "02:00:00:00:00:01"
LONGEST = 21600  # seconds that a token may be good for
TTL, TOKEN = "X-aws-ec2-metadata-token-ttl-seconds", "X-aws-ec2-metadata-token"


def metadata(instance_id: str, role: str, region: str, address: str) -> dict[str, Any]:
    """The tree below meta-data, dynamic and so on: a folder is a dict, what can be asked for a text."""
    identity = {"instanceId": instance_id, "region": region, "privateIp": address, "accountId": "123456789012"}
    credentials = {
        "Code": "Success",
        "Type": "AWS-HMAC",
        "AccessKeyId": role,
        "SecretAccessKey": "emulated",
        "Token": "emulated",
        "LastUpdated": "2026-01-01T00:00:00Z",
        "Expiration": "2100-01-01T00:00:00Z",
    }
    return {
        "meta-data": {
            "ami-id": "ami-12345678",
            "hostname": "ip-" + address.replace(".", "-"),
            "iam": {"security-credentials": {role: json.dumps(credentials)}},
            "instance-id": instance_id,
            "instance-type": "t3.micro",
            "local-hostname": "ip-" + address.replace(".", "-"),
            "local-ipv4": address,
            "network": {"interfaces": {"macs": {MAC: {"device-number": "0", "local-ipv4s": address, "mac": MAC}}}},
            "placement": {"availability-zone": f"{region}a", "region": region},
        },
        "dynamic": {"instance-identity": {"document": json.dumps(identity)}},
    }


def find(tree: Mapping[str, Any], path: list[str]) -> str | None:
    """The text at the path; of a folder, the names in it."""
    found: Any = tree
    for name in filter(None, path):
        found = found.get(name) if isinstance(found, Mapping) else None
    if isinstance(found, Mapping):
        return "\n".join(name + "/" * isinstance(below, Mapping) for name, below in found.items())
    return None if found is None else str(found)


class Handler(BaseHTTPRequestHandler):
    instances: ClassVar[Path]
    tokens: ClassVar[dict[str, float]] = {}  # until when each is good

    def do_PUT(self) -> None:
        seconds = self.headers.get(TTL, "")
        if self.path != "/latest/api/token" or not seconds.isdecimal() or not 0 < int(seconds) <= LONGEST:
            return self.answer(HTTPStatus.BAD_REQUEST)
        token = secrets.token_urlsafe()
        self.tokens[token] = time.monotonic() + int(seconds)
        return self.answer(HTTPStatus.OK, token.encode(), {TTL: seconds})

    def do_GET(self) -> None:
        if self.tokens.get(self.headers.get(TOKEN, ""), 0) < time.monotonic():
            return self.answer(HTTPStatus.UNAUTHORIZED)
        _version, *path = self.path.strip("/").split("/")
        instance = self.instances / str(self.client_address[0])
        if path == ["user-data"]:
            return self.answer(HTTPStatus.OK, instance.with_name(f"{instance.name}.user-data").read_bytes())
        text = find(json.loads(instance.with_name(f"{instance.name}.json").read_text()), path)
        return self.answer(HTTPStatus.NOT_FOUND) if text is None else self.answer(HTTPStatus.OK, text.encode())

    def answer(self, status: HTTPStatus, body: bytes = b"", headers: Mapping[str, str] = {}) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "text/plain", "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


def main(address: str, instances: str) -> None:
    Handler.instances = Path(instances)
    ThreadingHTTPServer((address, 80), Handler).serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
