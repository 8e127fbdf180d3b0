"""The store of content in a bucket of S3; imported, and boto3 with it, only where it is chosen.

An object's key is the prefix, the owner and the SHA-256 in hexadecimal digits. S3 compares what arrives with its
SHA-256 before it takes it.
"""

from __future__ import annotations

import base64
import math
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, BinaryIO

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ConnectTimeoutError, EndpointConnectionError
from urllib3.exceptions import HTTPError

from app import clock
from app.errors import Cause
from app.files.store import (
    CHUNK,
    Content,
    Missing,
    NotReached,
    StoreUnavailable,
    Stream,
    Withheld,
    count_errors,
    measured,
    unavailable,
)

# Two tries in less than the time after which a request fails; whoever sends a file waits longer than for a page.
PATIENCE = Config(
    connect_timeout=1,
    read_timeout=5,
    retries={"mode": "standard", "total_max_attempts": 2},
    max_pool_connections=16,
    request_checksum_calculation="when_required",
    response_checksum_validation="when_required",
)
# A deletion that S3 has not answered may still be carried out, after the same content was stored again. So it is never
# sent a second time: when it fails, its claim (app/files/claims.py) stays until S3 would refuse the first as too old.
ONCE = PATIENCE.merge(Config(retries={"mode": "standard", "total_max_attempts": 1}))
SILENCE = 3.0  # seconds without any answer, after which S3 is taken to give none
BELIEVED = 30.0  # seconds after the last request in vain: whoever comes later may all ask again
INFECTED = {"Key": "GuardDutyMalwareScanStatus", "Value": "THREATS_FOUND"}  # the tag of an object
GONE = {"NoSuchKey", "404", "NotFound"}


class _Answers:
    """Whether S3 answers: while it does not, one request at a time waits for it, and all others are refused at once.

    Otherwise they would soon take all the room that there is for requests, also for those that want no file.
    """

    def __init__(self) -> None:
        self._missing_since, self._one = math.inf, threading.Lock()
        self._came_at = self._failed_at = -math.inf

    @contextmanager
    def awaited(self, *, soon: bool = True) -> Iterator[None]:
        """Wait for an answer, which comes `soon` unless much is sent first."""
        began = time.monotonic()
        if began - max(self._missing_since, self._failed_at) > BELIEVED:
            self._missing_since = math.inf
        alone = began - self._missing_since > SILENCE
        if alone and not self._one.acquire(blocking=False):
            raise NotReached(cause=Cause.FILES)
        if soon:
            self._missing_since = min(self._missing_since, began)
        is_answer = True
        try:
            with _translated():
                yield
        except StoreUnavailable as error:
            is_answer = isinstance(error.__cause__, ClientError)
            raise
        finally:
            self._note(began, is_answer=is_answer)
            if alone:
                self._one.release()

    def _note(self, began: float, *, is_answer: bool) -> None:
        if is_answer:
            self._came_at, self._missing_since = time.monotonic(), math.inf
            return
        self._failed_at = time.monotonic()
        if began > self._came_at:  # else others were answered meanwhile, and only this one was lost
            self._missing_since = min(self._missing_since, began)


class S3Store:
    def __init__(self, bucket: str, prefix: str, region: str) -> None:
        self.bucket, self.prefix = bucket, prefix
        # Credentials and AWS_ENDPOINT_URL are found by boto3's own rules; no connection is opened before the first use.
        self.client: Any = boto3.client("s3", region_name=region, config=PATIENCE)
        self.deleting: Any = boto3.client("s3", region_name=region, config=ONCE)
        self._answers = _Answers()

    def temporary(self) -> BinaryIO:
        return tempfile.TemporaryFile()

    @measured("put")
    def put(self, owner: int, sha256: bytes, content: BinaryIO, digest: bytes | None = None) -> None:
        content.seek(0)
        with self._answers.awaited(soon=False):
            self.client.put_object(
                Bucket=self.bucket,
                Key=self._key(owner, sha256),
                Body=content,
                ChecksumSHA256=base64.b64encode(digest or sha256).decode(),
                ContentType="application/octet-stream",
            )

    @measured("open")
    def open(self, owner: int, sha256: bytes, start: int, end: int) -> Stream:
        with self._answers.awaited():
            try:
                found = self.client.get_object(
                    Bucket=self.bucket, Key=self._key(owner, sha256), Range=f"bytes={start}-{end - 1}"
                )
            except ClientError as error:
                if _is_gone(error) or error.response["Error"]["Code"] == "InvalidRange":
                    raise Missing from error
                self._refuse_infected(owner, sha256, error)
                raise
        return _ObjectStream(found["Body"])

    @measured("size")
    def size(self, owner: int, sha256: bytes) -> int | None:
        with self._answers.awaited():
            try:
                return int(self.client.head_object(Bucket=self.bucket, Key=self._key(owner, sha256))["ContentLength"])
            except ClientError as error:
                if _is_gone(error):
                    return None
                self._refuse_infected(owner, sha256, error)
                raise

    @measured("delete")
    def delete(self, owner: int, sha256: bytes) -> None:
        with self._answers.awaited():
            self.deleting.delete_object(Bucket=self.bucket, Key=self._key(owner, sha256))

    def list(self, owner: int | None = None) -> Iterator[Content]:
        prefix = self.prefix if owner is None else f"{self.prefix}{owner}/"
        with count_errors("list"), _translated():
            for page in self.client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix):
                for found in page.get("Contents", []):
                    # Whatever else lies in the bucket is none of ours.
                    with suppress(ValueError):
                        yield self._content(found)

    def tidy(self, before: int) -> None:
        """S3 shows an object as a whole or not at all."""

    def _refuse_infected(self, owner: int, sha256: bytes, error: ClientError) -> None:
        """Tell S3's refusal of what GuardDuty has found malware in from any other. Raises Withheld."""
        if error.response["ResponseMetadata"]["HTTPStatusCode"] != 403:
            return
        with suppress(ClientError):  # the role may ask for tags only where there is a scan
            tags = self.client.get_object_tagging(Bucket=self.bucket, Key=self._key(owner, sha256))["TagSet"]
            if INFECTED in tags:
                raise Withheld from error

    def _key(self, owner: int, sha256: bytes) -> str:
        return f"{self.prefix}{owner}/{sha256.hex()}"

    def _content(self, found: Any) -> Content:
        """Return what an object is. Raises ValueError for one that is not of ours."""
        owner, name = found["Key"].removeprefix(self.prefix).split("/")
        sha256 = bytes.fromhex(name)
        if len(sha256) != 32 or not (owner.isascii() and owner.isdigit()):
            raise ValueError(name)
        return Content(int(owner), sha256, found["Size"], clock.from_datetime(found["LastModified"]))


class _ObjectStream:
    """What S3 answers with, in chunks."""

    def __init__(self, body: Any) -> None:
        self._body = body

    def __iter__(self) -> Iterator[bytes]:
        with count_errors("read"), _translated():
            try:
                yield from self._body.iter_chunks(CHUNK)
            finally:
                self._body.close()

    def close(self) -> None:
        self._body.close()


def _is_gone(error: ClientError) -> bool:
    return error.response["Error"]["Code"] in GONE


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (ConnectTimeoutError, EndpointConnectionError) as error:
        raise NotReached(cause=Cause.FILES) from error
    except (BotoCoreError, ClientError, HTTPError) as error:
        raise unavailable(error) from error
