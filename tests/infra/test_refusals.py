"""Values that Terraform would take and AWS, or the app, would not: each is refused in one sentence, early."""

from collections.abc import Iterator
from typing import Any

import pytest

from devtools.composition import VARIABLES, Composition, emulated_aws

HOST, MAIL = "is a host name in small letters", "email is a mail address"
REGION, ENVIRONMENT = "region is a name such as", "environment has 8 small letters and digits"
SIGN_UP, DIGEST = "sign_up is open, first or closed", "a tag could move"
BUDGET, DATABASE = "The budget must be above zero", "instance_class is one that runs MySQL 8.4"
CERTIFICATE = "is an ACM certificate of the composition's region"
WRONG_REGION = "arn:aws:acm:us-west-2:123456789012:certificate/0f0f"

RIGHT = WRONG_REGION.replace("us-west-2", "ap-south-1")

# What is wrong at the root hides what is wrong in a module. Composition, the wrong values, and what is said of each.
REFUSED: list[tuple[str, dict[str, Any], list[str]]] = [
    (
        "three-tier",
        {
            "region": "Frankfurt",
            "environment": "Production",
            "domain": "https://notes.example.org/",
            "email": "operator",
            "admin_cidr": "203.0.113.7/24",
            "sign_up": "maybe",
            "nat": "two",
        },
        [REGION, ENVIRONMENT, HOST, MAIL, "begins with the first address of its range", SIGN_UP, "nat is none"],
    ),
    (
        "three-tier",
        {
            "domain": "203.0.113.7",
            "ssh_public_key": "ecdsa-sha2-nistp256 AAAA you",
            "image_digest": "latest",
            "task_size": {"cpu": 256, "memory": 4096},
            "database": {"instance_class": "db.m4.large"},
            "monthly_budget": 0,
            "tasks": {"min": 0, "max": 1},
        },
        [
            HOST,
            "the bastion takes no other kind",
            DIGEST,
            "Fargate has 256 CPU units",
            DATABASE,
            BUDGET,
            "Scaling needs room",
        ],
    ),
    (
        "three-tier",
        {"domain": f"{'n' * 60}.org.{'x' * 20}", "admin_cidr": "0.0.0.0/0", "database": {"backup_days": 0}},
        [HOST, "never for 0.0.0.0/0", "7 to 35 days"],
    ),
    (
        "task-manager",
        {"region": "mumbai", "environment": "9", "domain": "Tasks.example.org", "sign_up": "", "nat": "none"},
        [REGION, ENVIRONMENT, HOST, SIGN_UP, "instances fetch packages"],
    ),
    (
        "task-manager",
        {
            "instance_type": "t4g.micro",
            "image_digest": "v1",
            "database": {"instance_class": "t3.micro"},
            "monthly_budget": 0,
            "pipeline": {"repository": "a/b", "branch": "main", "connection_arn": "arn:aws:s3:::bucket"},
        },
        ["not Graviton", DIGEST, DATABASE, BUDGET, "connection_arn is"],
    ),
    (
        "task-manager",
        {"certificate_arn": WRONG_REGION, "instances": {"min": 3, "max": 2}},
        [CERTIFICATE, "the most is no less than the fewest"],
    ),
    (
        "task-manager",
        {"zone_id": "example.org", "domain": None, "cdn": {}},
        ["zone_id is the id of a hosted zone", "zone_id is for a domain"],
    ),
    (
        "three-tier",
        {
            "nat": "none",
            "mail": {"from": "notes@example.org", "ses": False, "port": 25},
            "identity_provider": {"issuer": "https://accounts.example", "client_id": "notes"},
        },
        [
            "mail never leaves without TLS",
            "tasks reach no server but SES's",
            "Without a NAT gateway tasks reach no identity provider",
        ],
    ),
    (
        "task-manager",
        {
            "mail": {"from": "notes@example.org", "port": 2525},
            "identity_provider": {"issuer": "https://accounts.example", "client_id": "tasks"},
        },
        ["mail never leaves without TLS", "mail needs TLS", "An identity provider sends people back by TLS"],
    ),
    (
        "task-manager",
        {"cdn": {}},
        ["it needs certificate_arn or zone_id", "CloudFront needs a certificate of its own"],
    ),
    (
        "task-manager",
        {"certificate_arn": RIGHT, "cdn": {"certificate_arn": RIGHT}},
        ["CloudFront takes certificates from us-east-1"],
    ),
    (
        "eight-digit",
        {"region": "x", "environment": "-", "domain": "entries", "exposure": "private"},
        [REGION, ENVIRONMENT, HOST, "exposure is public-task or load-balancer"],
    ),
    (
        "eight-digit",
        {"zone_id": "Z0123456789ABC"},
        ["zone_id is for a domain that leads to a load balancer"],
    ),
    ("eight-digit", {"vpc_cidr": "10.0.0.0/24"}, ["IPv4 range of /16 to /20"]),
    (
        "eight-digit",
        {"certificate_arn": WRONG_REGION, "email": "nobody@", "monthly_budget": -1},
        [CERTIFICATE, MAIL, BUDGET],
    ),
]


@pytest.fixture(scope="module")
def roots(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Composition]]:
    with emulated_aws() as endpoint:
        names = {name for name, _, _ in REFUSED}
        found = {name: Composition(name, tmp_path_factory.mktemp(name), endpoint, {}) for name in names}
        for composition in found.values():
            composition.init()
        yield found


def said_of(composition: Composition, wrong: dict[str, Any]) -> str:
    composition.variables = {}
    composition.set_variables(VARIABLES[composition.name] | wrong)
    with pytest.raises(RuntimeError) as refusal:
        composition.terraform("plan", "-input=false", "-no-color", "-refresh=false", "-lock=false")
    # Long sentences are broken over lines that begin with a bar.
    return " ".join(str(refusal.value).replace("\u2502", " ").split())


@pytest.mark.parametrize(("name", "wrong", "sentences"), REFUSED)
def test_what_aws_would_refuse_is_refused_in_one_sentence(
    roots: dict[str, Composition], name: str, wrong: dict[str, Any], sentences: list[str]
) -> None:
    said = said_of(roots[name], wrong)
    assert [sentence for sentence in sentences if sentence not in said] == []


def test_nothing_is_released_without_an_image(roots: dict[str, Composition]) -> None:
    assert "released = true needs an image_digest." in said_of(roots["eight-digit"], {"image_digest": None})


@pytest.mark.parametrize("name", ["three-tier", "task-manager", "eight-digit"])
def test_what_is_right_is_not_refused(roots: dict[str, Composition], name: str) -> None:
    roots[name].variables = {}
    roots[name].set_variables(VARIABLES[name] | {"environment": "prod", "vpc_cidr": "172.20.16.0/20"})
    roots[name].terraform("plan", "-input=false", "-no-color", "-refresh=false", "-lock=false")
