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
# What `make bench BENCH=stack` has measured, in place of RDS in the same region: a millisecond away.
STACK, NEAR = REPOSITORY / "benchmarks" / "figures" / "stack.json", "MySQL, 1 ms"
USED, TASK_VCPU, TASK_GB = 0.6, 0.25, 0.5  # what scaling aims at, and the size of a task


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
    return f"""# Monthly cost on AWS

US dollars a month, before taxes, on demand. `make cost` writes this page from the Terraform plan of each composition
in three sizes (its folder `sizes/`), the prices in [prices.toml](../operations/prices.toml) and the usage in
[usage.toml](../operations/usage.toml): {people(usage)}.

| | try | small | multi-az |
|---|---:|---:|---:|
{chr(10).join(rows)}

{about_the_prices()}

Not included: traffic between zones, data through interface endpoints, log storage, requests to S3, KMS and Secrets
Manager, CPU credits of busy t3 and t4g instances, GuardDuty, what Container Insights logs, copies of a deleted
database.

For your own usage edit usage.toml. To price a plan of your own account:

```sh
cd terraform/three-tier
terraform plan -var-file=sizes/small.tfvars -out=small.tfplan && terraform show -json small.tfplan > small.json
cd ../..
make cost PLAN=terraform/three-tier/small.json SIZE=small
```"""


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
| the same with `multi_az = true` | {standby:,.0f} | a standby, which cannot be read, takes over in one to two minutes |
| `kind = "cluster"`, db.c6gd.medium | {cluster:,.0f} | one of its two readable standbys, within 35 seconds |

**Connections.** The app keeps a pool of five for each task, which costs nothing. RDS Proxy would add ${proxy:,.0f}
a month (two vCPUs at least) and a network hop to each statement. It is useful for many short connections, as with
Lambda; here six tasks have {5 * 6} of the about {SMALL_CONNECTIONS} connections of a db.t4g.small, and the app
handles failover itself ([database.md](database.md)).

One of the original descriptions claimed that pooling saves 60 % of the cost. Measured (`make bench
BENCH=connections`): opening a connection with TLS takes {CONNECT_MS} ms of an app server's processor time, a list
of notes {LIST_MS} ms. Without a pool each page would need both, and {share:.0%} of its processor time would be for
the connection. So the claim holds for the app servers' processor time only; a database instance is paid by the
hour, whatever its connections."""


def about_the_scan_of_files() -> str:
    prices, usage = read("prices.toml")["price"], read("usage.toml")
    alarm = prices["alarm"]["eu-central-1"]
    data, files = (prices[f"malware-scan-{of}"]["eu-central-1"] for of in ("data", "object"))
    months = ", ".join(f"`{size}` ${(data + files) * usage[size]['files_gb']:.2f}" for size in SIZES)
    return f"""## Scanning files for malware

An option (`scan_files = true`), not in the sums above: ${data:.2f} for each GB that arrives and ${files:.3f} for a
thousand files, as in us-east-1. If all files of a size came in one month, of a megabyte each: {months}. Each
file also has a tag, which S3 counts ($0.01 a month for ten thousand). Three alarms watch the scan:
${3 * alarm:.2f} a month."""


def about_a_million_requests() -> str:
    """The app servers' share, from the measured time of a request; empty without a measurement."""
    if not STACK.exists():
        return ""
    figures, prices = json.loads(STACK.read_text()), read("prices.toml")["price"]
    milliseconds = figures["processor_ms"][NEAR]
    carried = USED * TASK_VCPU * 60_000 / milliseconds
    hours = 1_000_000 / carried / 60
    cpu, memory = (prices[f"fargate-{part}"]["eu-central-1"] for part in ("cpu", "memory"))
    dollars = hours * (TASK_VCPU * cpu + TASK_GB * memory)
    return f"""## A million requests

Half lists, a third notes, the rest searches and new notes take {milliseconds:.1f} ms of an app server's processor
each (`make bench BENCH=stack`, measured on {figures["measured"]}, and not on Fargate). A task of {TASK_VCPU} vCPU
at {USED:.0%} of its CPU therefore answers {carried:,.0f} a minute: a million requests take {hours:,.1f} hours of a
task, ${dollars:.2f}. The database, the load balancer and the rest are paid by the hour."""


def about_the_prices() -> str:
    known = read("prices.toml")
    confirmed = sum("confirmed" in price for price in known["price"].values())
    return f"""**The prices are AWS's public prices as known on {known["taken"]}; they were not read from AWS
on that day.** {confirmed}
of {len(known["price"])} are confirmed by a second public record for at least one region. No bill has confirmed these
sums. prices.toml says how to query AWS for each price. `three-tier` and `eight-digit` are priced in eu-central-1,
`task-manager` in ap-south-1."""


def people(usage: Table) -> str:
    return "; ".join(f"{size} is for {usage[size]['people']}" for size in SIZES)


def page() -> str:
    found = {name: estimates(name) for name in COMPOSITIONS}
    sections = [section(name, sizes) for name, sizes in found.items()]
    parts = [introduction(found), *sections, about_databases(), about_the_scan_of_files(), about_a_million_requests()]
    return "\n\n".join(filter(None, parts)) + "\n"


def main() -> None:
    if len(sys.argv) == 1:
        PAGE.write_text(page())
        print(f"Wrote {PAGE.relative_to(REPOSITORY)}")
        return
    name, sizes = sys.argv[1], tuple(sys.argv[2:]) or SIZES
    print(section(name, estimates(name, sizes)))


if __name__ == "__main__":
    main()
