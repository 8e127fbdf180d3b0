"""What the tests rely on: an emulator that can be asked twice, and a reader of scripts that sees their faults."""

from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from devtools.composition import emulated_aws
from infra.questions import unreadable_scripts


def test_a_broken_script_inside_a_script_is_seen() -> None:
    script = "cat > run <<'SCRIPT'\nif true; then\nSCRIPT\n"
    assert "unexpected end of file" in unreadable_scripts(script)[0]
    assert unreadable_scripts(script.replace("then", "then true; fi")) == []


def test_the_emulator_gives_a_request_that_is_sent_again_the_answer_it_had() -> None:
    with emulated_aws() as endpoint:

        def made(request: str) -> bytes:
            signed = "AWS4-HMAC-SHA256 Credential=emulated/20260101/eu-central-1/ec2/aws4_request"
            headers = {"Authorization": signed, "amz-sdk-invocation-id": request}
            asked = Request(endpoint, b"Action=CreateKeyPair&KeyName=key&Version=2016-11-15", headers)
            with urlopen(asked) as answer:
                return bytes(answer.read())

        assert made("first") == made("first")
        with pytest.raises(HTTPError, match="400"):
            made("second")
