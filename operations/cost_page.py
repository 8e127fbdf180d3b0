"""Plans of each composition in each of its sizes, made against an emulated AWS; `make cost` prices them."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from devtools.composition import REPOSITORY, VARIABLES, Composition, emulated_aws
from operations.cost import HOURS, Estimate, PricedPlan, Table, as_lists, as_table, estimate, read

COMPOSITIONS = ("three-tier", "task-manager", "eight-digit")
SIZES = ("try", "small", "multi-az")
# Processor time, of `make bench BENCH=connections` and of the lists in benchmarks/RESULTS.md; the number of connections
# is RDS's formula for MySQL, memory / 12,582,880 bytes.
CONNECT_MS, LIST_MS, SMALL_CONNECTIONS = 2.2, 1.1, 145
PAGE = REPOSITORY / "docs" / "cost.md"


def certificate(region: str) -> str:
    return f"arn:aws:acm:{region}:123456789012:certificate/0f0f"


# What a size has and its file cannot hold, because it is the operator's own.
OWN: dict[tuple[str, str], dict[str, Any]] = {
    ("three-tier", "multi-az"): {"zone_id": "Z0123456789ABCDEFGHIJ"},
    ("task-manager", "try"): {"pipeline": None},
    ("task-manager", "multi-az"): {
        "certificate_arn": certificate("ap-south-1"),
        "cdn": {"certificate_arn": certificate("us-east-1")},
    },
    ("eight-digit", "multi-az"): {"certificate_arn": certificate("eu-central-1"), "domain": "entries.example.org"},
}


def plans(name: str, directory: Path, sizes: tuple[str, ...] = SIZES) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each size's plan as `terraform show -json` prints it."""
    with emulated_aws() as endpoint:
        composition = Composition(name, directory, endpoint, {})
        composition.init()
        for size in sizes:
            composition.variables = {}
            composition.set_variables(VARIABLES[name] | OWN.get((name, size), {}))
            file = directory / f"{size}.tfplan"
            composition.terraform("plan", "-input=false", f"-var-file=sizes/{size}.tfvars", f"-out={file}")
            yield size, json.loads(composition.terraform("show", "-json", str(file)))


def estimates(name: str, sizes: tuple[str, ...] = SIZES) -> dict[str, Estimate]:
    usage = read("usage.toml")
    with TemporaryDirectory() as directory:
        return {size: estimate(PricedPlan(plan, usage[size])) for size, plan in plans(name, Path(directory), sizes)}


def section(name: str, found: dict[str, Estimate]) -> str:
    parts = [f"## {name}"]
    for size, one in found.items():
        said = (REPOSITORY / "terraform" / name / "sizes" / f"{size}.tfvars").read_text().splitlines()
        about = " ".join(line.removeprefix("# ") for line in said if line.startswith("# "))
        parts += [f"### {name}, {size}: ${one.dollars:,.0f}", about, as_table(one)]
    return "\n\n".join([*parts, as_lists(list(found.values()))])


def introduction(found: dict[str, dict[str, Estimate]]) -> str:
    usage = read("usage.toml")
    rows = [
        f"| `{name}` | {' | '.join(f'{sizes[size].dollars:,.0f}' for size in SIZES)} |" for name, sizes in found.items()
    ]
    return f"""# What it costs

US dollars a month, before taxes, on demand. `make cost` writes this page from the Terraform plans of each composition
in three sizes (`sizes/` of each), the prices in [prices.toml](../operations/prices.toml) and the
usage in [usage.toml](../operations/usage.toml): {people(usage)}.

| | try | small | multi-az |
|---|---:|---:|---:|
{chr(10).join(rows)}

{about_the_prices()}

Your own figures: put them into usage.toml, or price a plan of your own account, with all it has:

    terraform plan -var-file=sizes/small.tfvars -out=small.tfplan && terraform show -json small.tfplan > small.json
    make cost PLAN=terraform/three-tier/small.json SIZE=small"""


def about_databases() -> str:
    """An instance, one with a standby, a cluster, and what RDS Proxy would add, for the region of three-tier."""
    prices, region = read("prices.toml")["price"], "eu-central-1"

    def month(instance_class: str, count: int) -> float:
        return float(count * (HOURS * prices[instance_class][region] + 20 * prices["database-disk"][region]))

    proxy = 2 * HOURS * prices["proxy"][region]
    alone, standby, cluster = month("db.t4g.small", 1), month("db.t4g.small", 2), month("db.c6gd.medium", 3)
    share = CONNECT_MS / (CONNECT_MS + LIST_MS)
    return f"""## The database, its copies and its connections

| `database` of three-tier | $ a month | When its host or zone fails |
|---|---:|---|
| an instance, db.t4g.small, `multi_az = false` | {alone:,.0f} | it is restored from a backup |
| the same with `multi_az = true` | {standby:,.0f} | a standby that only waits takes over, in one to two minutes |
| `kind = "cluster"`, db.c6gd.medium | {cluster:,.0f} | one of its two readable standbys, within 35 seconds |

**Connections.** The app keeps a pool of five for each task, which costs nothing. RDS Proxy would add ${proxy:,.0f} a
month (two vCPUs at least) and a hop to each statement. It pays where connections are many and short, as with Lambda;
here six tasks hold {5 * 6} of the {SMALL_CONNECTIONS} or so that a db.t4g.small grants, and a failover is noticed
without it ([database.md](database.md)).

An original claimed that pooling saves 60 %, without saying of what. Measured (`make bench BENCH=connections`): opening
a connection with TLS takes {CONNECT_MS} ms of an app server's processor, a list of notes {LIST_MS} ms. Without a pool
each page would pay both: {share:.0%} of its processor time would go into the connection. So the claim holds for the app
servers' processors, and only for them: a database instance is paid by the hour, whoever keeps its connections open."""


def about_the_prices() -> str:
    known = read("prices.toml")
    confirmed = sum("confirmed" in price for price in known["price"].values())
    return f"""**The prices were written down on {known["taken"]} and not read from AWS on that day.** {confirmed} of
{len(known["price"])} are confirmed by a second public record for at least one region; the rest rests on one source. No
bill has confirmed any of these sums. The price file says how to ask AWS for each. `three-tier` and `eight-digit` are
priced in eu-central-1, `task-manager` in ap-south-1."""


def people(usage: Table) -> str:
    return "; ".join(f"{size} is for {usage[size]['people']}" for size in SIZES)


def page() -> str:
    found = {name: estimates(name) for name in COMPOSITIONS}
    return (
        "\n\n".join([introduction(found), *(section(name, sizes) for name, sizes in found.items()), about_databases()])
        + "\n"
    )


def main() -> None:
    if len(sys.argv) == 1:
        PAGE.write_text(page())
        print(f"Wrote {PAGE.relative_to(REPOSITORY)}")
        return
    name, sizes = sys.argv[1], tuple(sys.argv[2:]) or SIZES
    print(section(name, estimates(name, sizes)))


if __name__ == "__main__":
    main()
