"""Draws what stands, from Terraform's state: where things are, and who may open a connection to whom."""

import argparse
import hashlib
import json
import subprocess
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

WORLD = "0.0.0.0/0"
INK, GREY, ACCENT = "#1f2933", "#616e7c", "#0b5394"
ZONES = {"a": "#dcebfa", "b": "#e2f3e4", "c": "#fcefd2"}  # the letters are written too: paper may be grey
FONT = "Helvetica,Arial,sans-serif"
PLAIN = {  # what stands beside the network: one of it, several of it
    "aws_ecr_repository": ("image repository (ECR)", "image repositories (ECR)"),
    "aws_dynamodb_table": ("DynamoDB table", "DynamoDB tables"),
    "aws_secretsmanager_secret": ("secret", "secrets"),
    "aws_kms_key": ("KMS key", "KMS keys"),
    "aws_s3_bucket": ("S3 bucket", "S3 buckets"),
    "aws_cloudwatch_log_group": ("log group", "log groups"),
    "aws_cloudwatch_metric_alarm": ("alarm", "alarms"),
    "aws_cloudwatch_dashboard": ("dashboard", "dashboards"),
    "aws_sns_topic": ("topic for mails (SNS)", "topics (SNS)"),
    "aws_backup_vault": ("backup vault", "backup vaults"),
    "aws_codepipeline": ("pipeline", "pipelines"),
    "aws_budgets_budget": ("budget", "budgets"),
}
DOORS = {"s3": "S3", "dynamodb": "DynamoDB"}  # what has gateway endpoints
LEGEND = "Blue: may open a connection, on this port. Dashed: may go out. Grey: the packets' way. Nothing else is open."

Values = dict[str, Any]


@dataclass
class Role:
    """The hosts that share a security group."""

    name: str
    about: str
    machine: str = ""
    subnets: list[str] = field(default_factory=list)


class State:
    def __init__(self, shown: Values) -> None:
        self.resources = list(walk(shown["values"]["root_module"]))

    def of(self, kind: str) -> list[Values]:
        return [resource for resource in self.resources if resource["type"] == kind]

    def values(self, kind: str) -> list[Values]:
        return [resource["values"] for resource in self.of(kind)]

    def beside(self, resource: Values, kind: str, index: str | None = None) -> Values:
        """The settings of the one resource of that kind in the same module."""
        [found] = [r for r in self.of(kind) if module(r) == module(resource) and index in (None, r.get("index"))]
        return dict(found["values"])


def walk(part: Values) -> Iterator[Values]:
    yield from part.get("resources", [])
    for child in part.get("child_modules", []):
        yield from walk(child)


def module(resource: Values) -> str:
    return str(resource["address"].rsplit(f"{resource['type']}.", 1)[0])


def roles(state: State) -> dict[str, Role]:
    """By the id of the security group."""
    groups = {
        of["values"]["id"]: Role(of["index"], of["values"]["description"]) for of in state.of("aws_security_group")
    }
    for group_ids, subnet_ids, machine in machines(state):
        for group in group_ids:
            groups[group].machine, groups[group].subnets = machine, subnet_ids
    return groups


def machines(state: State) -> Iterator[tuple[list[str], list[str], str]]:
    """Whatever owns network interfaces: its security groups, its subnets, what it is."""
    for group in state.of("aws_autoscaling_group"):
        template, settings = state.beside(group, "aws_launch_template"), group["values"]
        fewest, most = settings["min_size"], settings["max_size"]
        count = f"{fewest}" if fewest == most else f"{fewest} to {most}"
        about = f"{count} × EC2 {template['instance_type']}, in an auto scaling group"
        yield template["vpc_security_group_ids"], settings["vpc_zone_identifier"], about
    for service in state.of("aws_ecs_service"):
        size, network = (
            state.beside(service, "aws_ecs_task_definition", "serve"),
            service["values"]["network_configuration"][0],
        )
        about = f"{service['values']['desired_count']} × Fargate, {int(size['cpu']) / 1024:g} vCPU, {size['memory']} MB"
        yield network["security_groups"], network["subnets"], about
    for balancer in state.values("aws_lb"):
        about = "Application load balancer, " + ("private addresses" if balancer["internal"] else "public addresses")
        yield balancer["security_groups"], balancer["subnets"], about
    for database in state.of("aws_db_instance"):
        settings, within = database["values"], state.beside(database, "aws_db_subnet_group")["subnet_ids"]
        copies = "primary and standby" if settings["multi_az"] else "one instance"
        yield settings["vpc_security_group_ids"], within, f"RDS {settings['instance_class']}, {copies}"
    doors = [door for door in state.values("aws_vpc_endpoint") if door["vpc_endpoint_type"] == "Interface"]
    for door in doors[:1]:
        services = ", ".join(sorted(door["service_name"].rsplit(".", 1)[-1] for door in doors))
        yield door["security_group_ids"], door["subnet_ids"], services


@dataclass(frozen=True)
class Picture:
    """What is drawn: sentences for those who cannot see it are made from the same edges."""

    title: str
    nodes: dict[str, str]  # name => Graphviz attributes
    public: list[str]
    private: list[str]
    vpc: str
    edges: list[tuple[str, str, str, str]]  # from, to, label, kind

    @property
    def sentences(self) -> list[str]:
        said = []
        for source, target, label, kind in self.edges:
            verb = {"in": "may open connections to", "out": "may go out to", "way": "leads to"}[kind]
            said.append(f"{source} {verb} {target}" + (f" on {label.replace(chr(10), ' ')}" if label else ""))
        return said


def picture(state: State, title: str) -> Picture:
    by_group = roles(state)
    subnets = {subnet["id"]: subnet for subnet in state.values("aws_subnet")}
    routed = ways_out(state)
    used = [role for role in by_group.values() if role.subnets]
    public = [role.name for role in used if all(routed[subnet] == "internet gateway" for subnet in role.subnets)]
    nodes = {role.name: box(role.name, [role.about, role.machine], cells(role.subnets, subnets)) for role in used}
    nodes |= gateways(state, subnets)
    nodes |= surroundings(state)
    edges = list(rules(state, by_group, {role.name: routed[role.subnets[0]] for role in used}))
    edges += [("internet", "internet gateway", "", "way")]
    edges += [("internet gateway", name, "", "way") for name in nodes if name.startswith("NAT gateway")]
    if "CloudFront" in nodes:
        edges.append(("internet", "CloudFront", "", "way"))
        edges.append(("CloudFront", "internet gateway", "", "way"))
    [vpc] = state.values("aws_vpc")
    mentioned = {name for source, target, _, _ in edges for name in (source, target)} | {"also"}
    return Picture(
        title,
        {name: attributes for name, attributes in nodes.items() if name in mentioned | {role.name for role in used}},
        public + [name for name in nodes if name.startswith("NAT gateway")],
        [role.name for role in used if role.name not in public],
        f"VPC {vpc['tags']['Name']} {vpc['cidr_block']}",
        sorted(set(edges)),
    )


def ways_out(state: State) -> dict[str, str]:
    """Subnet => what its default route leads to."""
    tables = {}
    for route in state.values("aws_route"):
        nat = next(
            (gate for gate in state.of("aws_nat_gateway") if gate["values"]["id"] == route["nat_gateway_id"]), None
        )
        tables[route["route_table_id"]] = f"NAT gateway {nat['index']}" if nat else "internet gateway"
    return {
        link["subnet_id"]: tables.get(link["route_table_id"], "nowhere")
        for link in state.values("aws_route_table_association")
    }


def gateways(state: State, subnets: dict[str, Values]) -> dict[str, str]:
    found = {"internet gateway": box("internet gateway", [], "")}
    for gate in state.of("aws_nat_gateway"):
        name = f"NAT gateway {gate['index']}"
        found[name] = box(
            "NAT gateway", ["lets private hosts out, nobody in"], cells([gate["values"]["subnet_id"]], subnets)
        )
    return found


def surroundings(state: State) -> dict[str, str]:
    """What stands outside the network."""
    found = {"internet": round_box("The internet", ["browsers; AWS's own services;", "packages, certificates"])}
    for address in sorted(
        {rule["cidr_ipv4"] for rule in state.values("aws_vpc_security_group_ingress_rule")} - {None, "", WORLD}
    ):
        found[address] = round_box("You", [f"only from {address}"])
    for distribution in state.values("aws_cloudfront_distribution"):
        firewall = "with a web firewall" if distribution["web_acl_id"] else "without a firewall"
        found["CloudFront"] = round_box("CloudFront", [", ".join(distribution["aliases"]), firewall])
    for door in state.values("aws_vpc_endpoint"):
        if door["vpc_endpoint_type"] == "Gateway":
            name = door["service_name"].rsplit(".", 1)[-1]
            found[name] = round_box(
                {"s3": "S3", "dynamodb": "DynamoDB"}[name], ["gateway endpoint,", "not over the internet"]
            )
    counts = [(len(state.of(kind)), one, several) for kind, (one, several) in PLAIN.items()]
    also = [f"{count} {several}" if count > 1 else one for count, one, several in counts if count]
    found["also"] = round_box("Beside the network", also)
    return found


def rules(state: State, by_group: dict[str, Role], routed: dict[str, str]) -> Iterator[tuple[str, str, str, str]]:
    """Rules between the same two become one edge that carries all their ports."""
    ports: dict[tuple[str, str, str], set[int]] = defaultdict(set)
    lists = {
        door["prefix_list_id"]: door["service_name"].rsplit(".", 1)[-1] for door in state.values("aws_vpc_endpoint")
    }
    for rule in state.values("aws_vpc_security_group_ingress_rule"):
        target = by_group[rule["security_group_id"]].name
        reference = rule["referenced_security_group_id"]
        if reference:
            ports[by_group[reference].name, target, "in"].add(rule["from_port"])
        else:
            note = {WORLD: "", None: "(CloudFront only)", "": "(CloudFront only)"}.get(rule["cidr_ipv4"], "(you only)")
            ports["internet gateway", target, f"in {note}"].add(rule["from_port"])
            if note == "(you only)":
                yield rule["cidr_ipv4"], "internet gateway", "", "way"
    for rule in state.values("aws_vpc_security_group_egress_rule"):
        source = by_group[rule["security_group_id"]].name
        if rule["cidr_ipv4"] == WORLD:
            ports[source, routed[source], "out"].add(rule["from_port"])
        elif rule["prefix_list_id"]:
            ports[source, lists[rule["prefix_list_id"]], "out"].add(rule["from_port"])
    for (source, target, kind), open_ports in ports.items():
        note = kind.removeprefix("in").removeprefix("out").strip()
        label = ", ".join(str(port) for port in sorted(open_ports))
        yield source, target, f"{label}\n{note}" if note else label, kind.split(" ", 1)[0]


def cells(subnet_ids: list[str], subnets: dict[str, Values]) -> str:
    """A coloured cell for each subnet, with its zone."""
    found = []
    for subnet in sorted((subnets[identifier] for identifier in subnet_ids), key=lambda of: str(of["cidr_block"])):
        zone = subnet["availability_zone"][-1]
        text = f"zone {zone}<br/>{subnet['cidr_block']}"
        found.append(f'<td bgcolor="{ZONES.get(zone, "#eeeeee")}"><font point-size="9">{text}</font></td>')
    return "".join(found)


def box(title: str, about: list[str], row: str) -> str:
    span = max(1, row.count("<td"))
    rows = [f'<td colspan="{span}">{of}</td>' for of in (f"<b>{escape(title)}</b>", *(small(line) for line in about))]
    body = "".join(f"<tr>{of}</tr>" for of in [*rows, row] if of)
    frame = f'border="1" color="{GREY}" bgcolor="white" style="rounded" cellborder="0" cellspacing="3" cellpadding="2"'
    return f"label=<<table {frame}>{body}</table>>"


def round_box(title: str, about: list[str]) -> str:
    text = "<br/>".join([f"<b>{escape(title)}</b>", *(small(line) for line in about)])
    frame = f'shape=box style="rounded,filled" fillcolor="#f5f7fa" color="{GREY}" margin="0.15,0.1"'
    return f"{frame} label=<{text}>"


def small(line: str) -> str:
    return f'<font point-size="10" color="{GREY}">{escape(line)}</font>'


def dot(drawn: Picture) -> str:
    def node(name: str) -> str:
        return f'"{name}" [{drawn.nodes[name]} tooltip="{escape(name)}"]'

    def cluster(name: str, label: str, inside: list[str]) -> list[str]:
        body = [
            f'subgraph "cluster_{name}" {{',
            f'label=<<b>{escape(label)}</b>> labeljust=l labelloc=b fontcolor="{GREY}"',
        ]
        return [*body, 'style="rounded" color="#cbd2d9" margin=14', *inside, "}"]

    inside = cluster("public", "public subnets", [node(name) for name in drawn.public])
    if drawn.private:
        inside += cluster("private", "private subnets", [node(name) for name in drawn.private])
    doors = [name for name in drawn.nodes if name in DOORS]
    inside += [node(name) for name in doors]
    outside = [name for name in drawn.nodes if name not in (*drawn.public, *drawn.private, *doors)]
    return "\n".join(
        [
            f'digraph "{drawn.title}" {{',
            f'rankdir=TB bgcolor=white fontname="{FONT}" fontsize=10 nodesep=0.6 ranksep=0.55 pad=0.2',
            f'label=<{LEGEND}> fontcolor="{GREY}" labelloc=b',
            f'node [shape=plain fontname="{FONT}" fontsize=12 fontcolor="{INK}"]',
            f'edge [fontname="{FONT}" fontsize=11 fontcolor="{INK}" color="{INK}" arrowsize=0.7]',
            *[node(name) for name in outside],
            *cluster("vpc", drawn.vpc, inside),
            *[edge(*of) for of in drawn.edges],
            "}",
            "",
        ]
    )


def edge(source: str, target: str, label: str, kind: str) -> str:
    looks = {
        "in": f'color="{ACCENT}" penwidth=1.6',
        "out": f'style=dashed color="{GREY}" fontcolor="{GREY}"',
        "way": f'color="{GREY}" dir=both arrowsize=0.5',
    }[kind]
    text = escape(label).replace("\n", "<br/>")
    said = f"label=<&#160;{text}&#160;> " if label else ""
    # Ways out are drawn upwards, so that whoever is asked first stays at the top.
    upwards = kind == "out" and "gateway" in target
    ends = (
        f'"{target}" -> "{source}" [dir=back'
        if upwards
        else f'"{source}" -> "{target}" [tailport={"s" if target in DOORS else "_"}'
    )
    return f'{ends} {said}{looks} tooltip="{escape(source)} to {escape(target)} {escape(label)}"]'


def svg(text: str, drawn: Picture) -> str:
    """The picture with a title and a description for screen readers, and the digest of what it was drawn from."""
    command = ["dot", "-Tsvg"]  # Debian's graphviz
    made = subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout  # noqa: S603
    head, rest = made.split("<svg ", 1)
    opening, inside = rest.split(">", 1)
    title = f'<title id="title">{escape(drawn.title)}: where things are, and who may open a connection to whom</title>'
    description = f'<desc id="description">{escape(". ".join(drawn.sentences))}.</desc>'
    said = f'<svg role="img" aria-labelledby="title description" {opening}>\n{title}\n{description}'
    return f"{head}<!-- drawn from {digest(text)} -->\n{said}{inside}"


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("state", type=Path, help="what terraform show -json printed")
    arguments.add_argument("out", type=Path, help="the picture's path without .dot and .svg")
    given = arguments.parse_args()
    write(State(json.loads(given.state.read_text())), given.out)


def write(state: State, out: Path) -> None:
    drawn = picture(state, out.name)
    text = dot(drawn)
    out.with_suffix(".dot").write_text(text)
    out.with_suffix(".svg").write_text(svg(text, drawn))


if __name__ == "__main__":
    main()
