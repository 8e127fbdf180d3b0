"""The bucket of the states: made by its own composition, and used by another as its output says."""

from pathlib import Path

import pytest

from devtools.composition import Composition
from infra.conftest import Apply

BUCKET = "notes-terraform-state-123456789012-eu-central-1"


@pytest.fixture(scope="module")
def bootstrap(apply: Apply) -> Composition:
    return apply("bootstrap")


@pytest.fixture
def user(bootstrap: Composition) -> Composition:
    """A small composition whose state is where the output of bootstrap puts it."""
    root = bootstrap.directory / "terraform" / "user"
    root.mkdir(exist_ok=True)
    (root / "backend.tf").write_text(bootstrap.outputs["backend"].replace("COMPOSITION", "user"))
    (root / "main.tf").write_text('resource "terraform_data" "kept" { input = "kept in the bucket" }\n')
    return bootstrap.beside("user")


def test_the_state_bucket_is_private_encrypted_and_keeps_what_was_there_before(bootstrap: Composition) -> None:
    s3 = bootstrap.client("s3")
    rule = s3.get_bucket_encryption(Bucket=BUCKET)["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
    assert all(s3.get_public_access_block(Bucket=BUCKET)["PublicAccessBlockConfiguration"].values())
    assert s3.get_bucket_versioning(Bucket=BUCKET)["Status"] == "Enabled"


def test_a_composition_keeps_its_state_in_the_bucket(bootstrap: Composition, user: Composition) -> None:
    user.init()
    user.apply()
    state = bootstrap.client("s3").get_object(Bucket=BUCKET, Key="user.tfstate")
    assert b"kept in the bucket" in state["Body"].read()
    assert state["ServerSideEncryption"] == "aws:kms"
    assert not Path(user.root / "terraform.tfstate").exists()


def test_two_people_cannot_apply_at_once(bootstrap: Composition, user: Composition) -> None:
    user.init()
    lock = {"Bucket": BUCKET, "Key": "user.tfstate.tflock"}
    bootstrap.client("s3").put_object(**lock, Body=b'{"ID": "1", "Who": "somebody else"}')
    try:
        with pytest.raises(RuntimeError, match="Error acquiring the state lock"):
            user.apply()
    finally:
        bootstrap.client("s3").delete_object(**lock)
    user.apply()
