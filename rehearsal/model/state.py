"""State of a composition (`terraform show -json`): what its programs are started with."""

from __future__ import annotations

import base64
import gzip
import json
import re
import shlex
from typing import Any

from devtools import terraform_json


class State(terraform_json.State):
    """What stands, and what the hosts' user data and the task definitions say."""

    def role(self, group: str) -> str:
        """The last part of a security group's name: nginx, app, database ..."""
        return str(self.one("aws_security_group", id=group)["tags"]["Name"].rsplit("-", 1)[-1])

    def user_data(self, role: str) -> str:
        return gzip.decompress(base64.b64decode(self._launch_template(role)["user_data"])).decode()

    def arguments(self, role: str, program: str) -> list[str]:
        """What the user data of a role calls one of the project's programs with."""
        script = self.user_data(role).replace("\\\n", " ")
        found = re.search(rf"^(?:sh )?\S*/{re.escape(program)} (.+)$", script, re.MULTILINE)
        if found is None:
            raise LookupError(f"{program} in the user data of {role}")
        return shlex.split(found.group(1))

    def heredoc(self, role: str, word: str) -> str:
        """What the user data of a role writes into a file, up to a line with that word."""
        found = re.search(rf"<<'{word}'\n(.*?)^{word}$", self.user_data(role), re.MULTILINE | re.DOTALL)
        if found is None:
            raise LookupError(f"{word} in the user data of {role}")
        return found[1]

    def listeners(self) -> list[dict[str, Any]]:
        """The load balancer's: port, whether it ends TLS, the port it redirects to if any, paths that it hides."""
        hidden = {
            rule["listener_arn"]: rule["condition"][0]["path_pattern"][0]["values"]
            for rule in self.values("aws_lb_listener_rule")
            if rule["action"][0]["type"] == "fixed-response"
        }
        return [
            {
                "port": listener["port"],
                "tls": listener["protocol"] == "HTTPS",
                "redirect": next((way["port"] for way in listener["default_action"][0]["redirect"]), None),
                "hidden": hidden.get(listener["arn"], []),
            }
            for listener in self.values("aws_lb_listener")
        ]

    def interface_endpoints(self) -> list[tuple[str, int]]:
        """In the order of their hosts: service, and how many hosts."""
        found = [
            endpoint for endpoint in self.values("aws_vpc_endpoint") if endpoint["vpc_endpoint_type"] == "Interface"
        ]
        return [(endpoint["service_name"].rpartition(".")[-1], len(endpoint["subnet_ids"])) for endpoint in found]

    @property
    def region(self) -> str:
        return str(self.values("aws_region")[0]["name"])

    def secrets(self) -> dict[str, str | None]:
        """ARN => the user it is for, or none."""
        found: dict[str, str | None] = {}
        for secret in self.values("aws_secretsmanager_secret"):
            kind, _, user = secret["name"].rpartition("/")[-1].partition("-")
            found[secret["arn"]] = user if kind == "database" else None
        for database in self.values("aws_db_instance"):
            found |= {secret["secret_arn"]: database["username"] for secret in database["master_user_secret"]}
        for cluster in self.values("aws_rds_cluster"):
            found |= {secret["secret_arn"]: cluster["master_username"] for secret in cluster["master_user_secret"]}
        return found

    def parameters(self) -> dict[str, str]:
        return {parameter["name"]: parameter["value"] for parameter in self.values("aws_ssm_parameter")}

    def tables(self) -> list[dict[str, Any]]:
        """Arguments of DynamoDB's CreateTable."""
        return [_table(table) for table in self.values("aws_dynamodb_table")]

    def buckets_of_files(self) -> list[str]:
        return [bucket["bucket"] for bucket in self.values("aws_s3_bucket") if "-content-" in bucket["bucket"]]

    def instance_role(self, role: str) -> str:
        """The IAM role of the hosts of that role."""
        template = self._launch_template(role)
        profile = self.one("aws_iam_instance_profile", arn=template["iam_instance_profile"][0]["arn"])
        return str(profile["role"])

    def task_roles(self, suffix: str = "") -> tuple[str, str]:
        """The role that ECS starts a task with, and the role that the task has."""
        definition = self._task_definition(suffix)
        execution, task = (definition[f"{name}_role_arn"].rpartition("/")[-1] for name in ("execution", "task"))
        return execution, task

    def container(self, suffix: str = "") -> dict[str, Any]:
        """The one container of the service's task definition, or of that with `suffix`."""
        return dict(json.loads(self._task_definition(suffix)["container_definitions"])[0])

    def _task_definition(self, suffix: str) -> terraform_json.Values:
        family = self.values("aws_ecs_service")[0]["name"] + suffix
        return self.one("aws_ecs_task_definition", family=family)

    def _launch_template(self, role: str) -> terraform_json.Values:
        return next(t for t in self.values("aws_launch_template") if self.role(t["vpc_security_group_ids"][0]) == role)


def _table(table: dict[str, Any]) -> dict[str, Any]:
    def keys(of: dict[str, Any]) -> list[dict[str, str]]:
        named = [("HASH", of["hash_key"]), ("RANGE", of["range_key"])]
        return [{"AttributeName": name, "KeyType": kind} for kind, name in named if name]

    indexes = [
        {
            "IndexName": index["name"],
            "KeySchema": keys(index),
            "Projection": {"ProjectionType": index["projection_type"]},
        }
        for index in table["global_secondary_index"]
    ]
    return {
        "TableName": table["name"],
        "KeySchema": keys(table),
        "AttributeDefinitions": [{"AttributeName": a["name"], "AttributeType": a["type"]} for a in table["attribute"]],
        "BillingMode": "PAY_PER_REQUEST",
    } | ({"GlobalSecondaryIndexes": indexes} if indexes else {})
