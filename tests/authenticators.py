"""An authenticator in software: makes passkeys and signs with them as devices do (WebAuthn Level 3, section 6)."""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn.helpers import bytes_to_base64url

PRESENT, VERIFIED, WITH_KEY = 0x01, 0x04, 0x40
ORIGIN = "http://localhost"


@dataclass
class Authenticator:
    """Holds one passkey. What it says can be changed, to see what is refused: `origin`, `flags`, `count`, `handle`."""

    origin: str = ORIGIN
    flags: int = PRESENT | VERIFIED
    count: int = 0
    handle: str | None = None
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def create(self, options: dict[str, Any]) -> str:
        """Answer a question for a new passkey, as a browser's JSON."""
        self.handle = options["user"]["id"]
        length = len(self.credential_id).to_bytes(2, "big")
        data = self._data(options["rp"]["id"], WITH_KEY) + bytes(16) + length + self.credential_id + self._cose_key()
        statement = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        response = {"attestationObject": bytes_to_base64url(statement), "transports": ["internal", "of the future"]}
        return self._answer("webauthn.create", options, response)

    def get(self, options: dict[str, Any]) -> str:
        """Answer a question for a passkey that there is."""
        self.count += 1
        data = self._data(options["rpId"])
        client = self._client("webauthn.get", options)
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        response = {
            "authenticatorData": bytes_to_base64url(data),
            "signature": bytes_to_base64url(signature),
            "userHandle": self.handle,
        }
        return self._answer("webauthn.get", options, response)

    def _answer(self, kind: str, options: dict[str, Any], response: dict[str, Any]) -> str:
        name = bytes_to_base64url(self.credential_id)
        response |= {"clientDataJSON": bytes_to_base64url(self._client(kind, options))}
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": response})

    def _client(self, kind: str, options: dict[str, Any]) -> bytes:
        content = {"type": kind, "challenge": options["challenge"], "origin": self.origin, "crossOrigin": False}
        return json.dumps(content).encode()

    def _data(self, host: str, more: int = 0) -> bytes:
        flags = self.flags | more
        return hashlib.sha256(host.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big")

    def _cose_key(self) -> bytes:
        numbers = self.key.public_key().public_numbers()
        x, y = (number.to_bytes(32, "big") for number in (numbers.x, numbers.y))
        return cbor2.dumps({1: 2, 3: -7, -1: 1, -2: x, -3: y})  # RFC 9053, section 7.1.1
