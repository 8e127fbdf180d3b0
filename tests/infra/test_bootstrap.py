"""The bucket of the states: made by its own composition, and used by another as its output says."""

from pathlib import Path

import pytest

from devtools.composition import Composition
from infra.conftest import Apply
from infra.deployer import not_allowed

BUCKET = "notes-terraform-state-123456789012-eu-central-1"


@pytest.fixture(scope="module")
def bootstrap(apply: Apply) -> Composition:
    return apply("bootstrap")


@pytest.fixture
def user(bootstrap: Composition) -> Composition:
    """A small composition whose state is where the output of bootstrap puts it."""
    root = bootstrap.directory / "terraform" / "user"
    root.mkdir(exist_ok=True)
    (root / "prod.s3.tfbackend").write_text(bootstrap.outputs["backend"])
    (root / "main.tf").write_text(
        'terraform {\n  backend "s3" {}\n}\nresource "terraform_data" "kept" { input = "kept in the bucket" }\n'
    )
    return bootstrap.beside("user")


def initialize(user: Composition) -> None:
    user.terraform("init", "-input=false", "-backend-config=prod.s3.tfbackend", "-backend-config=key=prod/user.tfstate")


def test_the_state_bucket_is_private_encrypted_and_keeps_what_was_there_before(bootstrap: Composition) -> None:
    s3 = bootstrap.client("s3")
    rule = s3.get_bucket_encryption(Bucket=BUCKET)["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
    assert all(s3.get_public_access_block(Bucket=BUCKET)["PublicAccessBlockConfiguration"].values())
    assert s3.get_bucket_versioning(Bucket=BUCKET)["Status"] == "Enabled"


def test_a_composition_keeps_its_state_in_the_bucket(bootstrap: Composition, user: Composition) -> None:
    initialize(user)
    user.apply()
    state = bootstrap.client("s3").get_object(Bucket=BUCKET, Key="prod/user.tfstate")
    assert b"kept in the bucket" in state["Body"].read()
    assert state["ServerSideEncryption"] == "aws:kms"
    assert not Path(user.root / "terraform.tfstate").exists()


def test_the_deployers_policies_allow_all_that_terraform_asked_for(bootstrap: Composition) -> None:
    assert not_allowed(bootstrap.requests()["by_terraform"]) == set()


def test_no_destroy_takes_the_bucket_or_its_key(bootstrap: Composition) -> None:
    with pytest.raises(RuntimeError, match="Instance cannot be destroyed"):
        bootstrap.terraform("destroy", "-auto-approve", "-input=false", "-no-color", "-refresh=false")
    assert bootstrap.client("s3").get_bucket_versioning(Bucket=BUCKET)["Status"] == "Enabled"


def test_two_people_cannot_apply_at_once(bootstrap: Composition, user: Composition) -> None:
    initialize(user)
    lock = {"Bucket": BUCKET, "Key": "prod/user.tfstate.tflock"}
    bootstrap.client("s3").put_object(**lock, Body=b'{"ID": "1", "Who": "somebody else"}')
    try:
        with pytest.raises(RuntimeError, match="Error acquiring the state lock"):
            user.apply()
    finally:
        bootstrap.client("s3").delete_object(**lock)
    user.apply()
