"""Draws what stands, from Terraform's state: where things are, and who may open a connection to whom."""

import argparse
import hashlib
import subprocess
from html import escape
from pathlib import Path

from operations.topology import INTERNET, Edge, Role, Topology, edges, known_addresses

INK, GREY, ACCENT = "#1f2933", "#616e7c", "#0b5394"
ZONES = {"a": "#dcebfa", "b": "#e2f3e4", "c": "#fcefd2"}  # the letters are written too: paper may be grey
FONT = "Helvetica,Arial,sans-serif"
DOORS = {"s3": "S3", "dynamodb": "DynamoDB"}
LEGEND = "Blue: may open a connection, on this port. Dashed: may go out. Grey: the packets' way. Nothing else is open."
BESIDE = {  # what stands beside the network: one of it, several of it
    "aws_ecr_repository": ("image repository (ECR)", "image repositories (ECR)"),
    "aws_dynamodb_table": ("DynamoDB table", "DynamoDB tables"),
    "aws_secretsmanager_secret": ("secret", "secrets"),
    "aws_kms_key": ("KMS key", "KMS keys"),
    "aws_s3_bucket": ("S3 bucket", "S3 buckets"),
    "aws_cloudwatch_log_group": ("log group", "log groups"),
    "aws_cloudwatch_metric_alarm": ("alarm", "alarms"),
    "aws_cloudwatch_dashboard": ("dashboard", "dashboards"),
    "aws_sns_topic": ("topic for mails (SNS)", "topics (SNS)"),
    "aws_guardduty_malware_protection_plan": ("scan of files for malware (GuardDuty)", "scans of files (GuardDuty)"),
    "aws_backup_vault": ("backup vault", "backup vaults"),
    "aws_codepipeline": ("pipeline", "pipelines"),
    "aws_budgets_budget": ("budget", "budgets"),
}


def dot(topology: Topology, title: str) -> str:
    """The picture in Graphviz's language: tiers from top to bottom, packets' way out drawn upwards."""
    roles = [role for role in topology.roles.values() if role.subnets]
    public = [box_of(role, topology) for role in roles if topology.ways_of(role) == {INTERNET}]
    private = [box_of(role, topology) for role in roles if topology.ways_of(role) != {INTERNET}]
    inside = cluster("public", "public subnets", public + nat_gateways(topology))
    inside += cluster("private", "private subnets", private) if private else []
    inside += gateway_endpoints(topology)
    [vpc] = topology.values("aws_vpc")
    return "\n".join(
        [
            f'digraph "{title}" {{',
            f'rankdir=TB bgcolor=white fontname="{FONT}" fontsize=10 nodesep=0.6 ranksep=0.55 pad=0.2',
            f'label=<{LEGEND}> fontcolor="{GREY}" labelloc=b',
            f'node [shape=plain fontname="{FONT}" fontsize=12 fontcolor="{INK}"]',
            f'edge [fontname="{FONT}" fontsize=11 fontcolor="{INK}" color="{INK}" arrowsize=0.7]',
            *outside(topology),
            *cluster("vpc", f"VPC {vpc['tags']['Name']} {vpc['cidr_block']}", inside),
            *map(arrow, edges(topology)),
            "}",
            "",
        ]
    )


def outside(topology: Topology) -> list[str]:
    found = [round_box("internet", "The internet", ["browsers; AWS's own services;", "packages, certificates"])]
    found += [round_box(address, "You", [f"only from {address}"]) for address in sorted(known_addresses(topology))]
    for distribution in topology.values("aws_cloudfront_distribution"):
        firewall = "with a web firewall" if distribution["web_acl_id"] else "without a firewall"
        found.append(round_box("CloudFront", "CloudFront", [", ".join(distribution["aliases"]), firewall]))
    counts = [(len(topology.of(kind)), one, several) for kind, (one, several) in BESIDE.items()]
    beside = [f"{count} {several}" if count > 1 else one for count, one, several in counts if count]
    return [*found, box(INTERNET, INTERNET, [], ""), round_box("beside", "Beside the network", beside)]


def nat_gateways(topology: Topology) -> list[str]:
    about = ["outbound connections only"]
    gates = [(gate.index, gate.values["subnet_id"]) for gate in topology.of("aws_nat_gateway")]
    return [box(f"NAT gateway {name}", "NAT gateway", about, cells([subnet], topology)) for name, subnet in gates]


def gateway_endpoints(topology: Topology) -> list[str]:
    """Those that a rule names; the others only carry what may go everywhere."""
    used = {edge.target for edge in edges(topology)} & set(topology.gateway_endpoints)
    return [round_box(door, DOORS[door], ["gateway endpoint,", "not over the internet"]) for door in sorted(used)]


def box_of(role: Role, topology: Topology) -> str:
    return box(role.name, role.name, [role.about, role.machine], cells(role.subnets, topology))


def cells(subnet_ids: list[str], topology: Topology) -> str:
    """A coloured cell for each subnet, with its zone."""
    found = []
    for subnet in sorted((topology.subnets[of] for of in subnet_ids), key=lambda subnet: str(subnet["cidr_block"])):
        zone = subnet["availability_zone"][-1]
        text = f'<font point-size="9">zone {zone}<br/>{subnet["cidr_block"]}</font>'
        found.append(f'<td bgcolor="{ZONES.get(zone, "#eeeeee")}">{text}</td>')
    return "".join(found)


def box(name: str, title: str, about: list[str], row: str) -> str:
    span = max(1, row.count("<td"))
    rows = [f'<td colspan="{span}">{of}</td>' for of in (f"<b>{escape(title)}</b>", *map(small, about))]
    body = "".join(f"<tr>{of}</tr>" for of in [*rows, row] if of)
    frame = f'border="1" color="{GREY}" bgcolor="white" style="rounded" cellborder="0" cellspacing="3" cellpadding="2"'
    return f'"{name}" [label=<<table {frame}>{body}</table>> tooltip="{escape(name)}"]'


def round_box(name: str, title: str, about: list[str]) -> str:
    text = "<br/>".join([f"<b>{escape(title)}</b>", *map(small, about)])
    frame = f'shape=box style="rounded,filled" fillcolor="#f5f7fa" color="{GREY}" margin="0.15,0.1"'
    return f'"{name}" [{frame} label=<{text}> tooltip="{escape(title)}"]'


def small(line: str) -> str:
    return f'<font point-size="10" color="{GREY}">{escape(line)}</font>'


def cluster(name: str, label: str, inside: list[str]) -> list[str]:
    looks = f'labeljust=l labelloc=b fontcolor="{GREY}" style="rounded" color="#cbd2d9" margin=14'
    return [f'subgraph "cluster_{name}" {{', f"label=<<b>{escape(label)}</b>> {looks}", *inside, "}"]


def arrow(edge: Edge) -> str:
    looks = {
        "in": f'color="{ACCENT}" penwidth=1.6',
        "out": f'style=dashed color="{GREY}" fontcolor="{GREY}"',
        "way": f'color="{GREY}" dir=both arrowsize=0.5',
    }[edge.kind]
    text = "<br/>".join([edge.ports, f"({edge.note})"] if edge.note else [edge.ports])
    label = f"label=<&#160;{text}&#160;>" if text else ""
    # A way out is drawn upwards, so that whoever is asked first stays at the top.
    if edge.kind == "out" and edge.target not in DOORS:
        ends, looks = f'"{edge.target}" -> "{edge.source}"', f"{looks} dir=back"
    else:
        ends = f'"{edge.source}" -> "{edge.target}"'
    return f'{ends} [{looks} {label} tooltip="{escape(sentence(edge))}"{" tailport=s" if edge.target in DOORS else ""}]'


def sentence(edge: Edge) -> str:
    verb = {"in": "may open connections to", "out": "may go out to", "way": "leads to"}[edge.kind]
    note = f" ({edge.note})" if edge.note else ""
    return f"{edge.source} {verb} {edge.target}" + (f" on {edge.ports}{note}" if edge.ports else "")


def svg(text: str, title: str, topology: Topology) -> str:
    """The picture with a title and a description for screen readers, and the digest of what it was drawn from."""
    command = ["dot", "-Tsvg"]  # Debian's graphviz
    drawing = subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout  # noqa: S603
    head, rest = drawing.split("<svg ", 1)
    opening, inside = rest.split(">", 1)
    name = f'<title id="title">{escape(title)}: where things are, and who may open a connection to whom</title>'
    description = f'<desc id="description">{escape(". ".join(map(sentence, edges(topology))))}.</desc>'
    said = f'<svg role="img" aria-labelledby="title description" {opening}>\n{name}\n{description}'
    return f"{head}<!-- drawn from {digest(text)} -->\n{said}{inside}"


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def write(topology: Topology, out: Path) -> None:
    text = dot(topology, out.name)
    out.with_suffix(".dot").write_text(text)
    out.with_suffix(".svg").write_text(svg(text, out.name, topology))


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("state", type=Path, help="what terraform show -json printed")
    arguments.add_argument("out", type=Path, help="the picture's path without .dot and .svg")
    given = arguments.parse_args()
    write(Topology.parse(given.state.read_text()), given.out)


if __name__ == "__main__":
    main()
