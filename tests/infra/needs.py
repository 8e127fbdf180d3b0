"""What each role calls, by the programs that run with it: no more is allowed, and no less."""

import json
from collections.abc import Callable, Iterator
from typing import Any

from devtools.aws_authorization import Question, Statement, as_list, is_allowed, matches
from devtools.composition import Composition
from devtools.terraform_json import State

Needs = list[Question]


class Resources:
    """ARNs of what stands, by the names that Terraform gave."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.account = "123456789012"
        self.region = state.values("aws_region")[0]["name"]

    def arn(self, kind: str, **wanted: Any) -> str:
        return str(self.state.one(kind, **wanted)["arn"])

    @property
    def repository(self) -> str:
        return self.arn("aws_ecr_repository")

    @property
    def key(self) -> str | None:
        """That of secrets and files; None where AWS's own is used."""
        return next((alias["target_key_arn"] for alias in self.state.values("aws_kms_alias")), None)

    @property
    def secrets(self) -> dict[str, str]:
        """By the last part of the name, and `master` for the one that RDS makes."""
        found = {one["name"].rpartition("/")[-1]: one["arn"] for one in self.state.values("aws_secretsmanager_secret")}
        for kind in ("aws_db_instance", "aws_rds_cluster"):
            for database in self.state.values(kind):
                found["master"] = database["master_user_secret"][0]["secret_arn"]
        return found

    def bucket(self, part: str) -> str:
        return next(str(one["arn"]) for one in self.state.values("aws_s3_bucket") if part in one["bucket"])

    def key_of(self, bucket: str) -> str:
        name = bucket.rpartition(":")[-1]
        [rule] = self.state.one("aws_s3_bucket_server_side_encryption_configuration", bucket=name)["rule"]
        return str(rule["apply_server_side_encryption_by_default"][0]["kms_master_key_id"])

    def address_of(self, host: str) -> str:
        return next(str(one["arn"]) for one in self.state.values("aws_eip") if one["tags"]["Name"] == host)

    def own(self, service: str, rest: str) -> str:
        return f"arn:aws:{service}:{self.region}:{self.account}:{rest}"


def on(resource: str, *actions: str, **context: str) -> Needs:
    """Conditions are named with two underscores for the colon."""
    keys = {key.replace("__", ":"): value for key, value in context.items()}
    return [Question(action, resource, keys) for action in actions]


# --- What programs call ---------------------------------------------------------------------------------------------


def pull(r: Resources) -> Needs:
    """A registry's client: container agent, podman, docker."""
    layers = on(r.repository, "ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
    return [*on("*", "ecr:GetAuthorizationToken"), *layers]


def push(r: Resources) -> Needs:
    upload = ("ecr:InitiateLayerUpload", "ecr:UploadLayerPart", "ecr:CompleteLayerUpload", "ecr:PutImage")
    return [*pull(r), *on(r.repository, *upload, "ecr:DescribeImages", "ecr:DescribeImageScanFindings")]


def log(r: Resources, group: str) -> Needs:
    """The log driver of Fargate and CodeBuild."""
    stream = f"{r.arn('aws_cloudwatch_log_group', name=group)}:log-stream:one"
    return on(stream, "logs:CreateLogStream", "logs:PutLogEvents")


def log_by_agent(r: Resources, group: str) -> Needs:
    """The CloudWatch agent; it looks for its stream."""
    stream = f"{r.arn('aws_cloudwatch_log_group', name=group)}:log-stream:one"
    return [*log(r, group), *on(stream, "logs:DescribeLogStreams")]


def read_secrets(r: Resources, *names: str) -> Needs:
    decrypt = on(r.key, "kms:Decrypt") if r.key and names else []
    return [
        *(question for name in names for question in on(r.secrets[name], "secretsmanager:GetSecretValue")),
        *decrypt,
    ]


def by_dynamodb(r: Resources, key: str) -> Needs:
    """DynamoDB uses a table's key in the name of whoever reads and writes the table.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
    """
    actions = ("Decrypt", "DescribeKey", "Encrypt", "GenerateDataKey", "ReEncryptFrom")
    via = f"dynamodb.{r.region}.amazonaws.com"
    return on(key, *(f"kms:{action}" for action in actions), kms__ViaService=via)


def keep_files(r: Resources) -> Needs:
    """app/files/s3.py; HeadObject needs the permission of GetObject. S3 uses the bucket's key in the caller's name."""
    bucket, via = r.bucket("-content-"), f"s3.{r.region}.amazonaws.com"
    why = ["s3:GetObjectTagging"] if r.state.of("aws_guardduty_malware_protection_plan") else []
    return [
        *on(f"{bucket}/files/1/0f", "s3:DeleteObject", "s3:GetObject", "s3:PutObject", *why),
        *on(bucket, "s3:ListBucket"),
        *on(r.key_of(bucket), "kms:Decrypt", "kms:GenerateDataKey", kms__ViaService=via),
    ]


def scan_files(r: Resources) -> Needs:
    """GuardDuty.

    https://docs.aws.amazon.com/guardduty/latest/ug/malware-protection-s3-iam-policy-prerequisite.html
    """
    bucket, via = r.bucket("-content-"), f"s3.{r.region}.amazonaws.com"
    rule = r.own("events", "rule/DO-NOT-DELETE-AmazonGuardDutyMalwareProtectionS3-0f")
    changes = ("events:DeleteRule", "events:PutRule", "events:PutTargets", "events:RemoveTargets")
    tags = [f"s3:{verb}Object{version}Tagging" for verb in ("Get", "Put") for version in ("", "Version")]
    return [
        *on(rule, *changes, events__ManagedBy="malware-protection-plan.guardduty.amazonaws.com"),
        *on(rule, "events:DescribeRule", "events:ListTargetsByRule"),
        *on(bucket, "s3:GetBucketNotification", "s3:ListBucket", "s3:PutBucketNotification"),
        *on(f"{bucket}/files/1/0f", "s3:GetObject", "s3:GetObjectVersion", *tags),
        *on(f"{bucket}/malware-protection-resource-validation-object", "s3:PutObject"),
        *on(r.key_of(bucket), "kms:Decrypt", "kms:GenerateDataKey", kms__ViaService=via),
    ]


def put_into_environment(r: Resources) -> Needs:
    """What ECS's agent reads before it starts a task."""
    return read_secrets(r, *(name for name in ("secret-key", "mail-url") if name in r.secrets))


def open_shell() -> Needs:
    """ECS Exec's agent."""
    channels = ("CreateControlChannel", "CreateDataChannel", "OpenControlChannel", "OpenDataChannel")
    return on("*", *(f"ssmmessages:{name}" for name in channels))


def answer_group(r: Resources, host: str) -> Needs:
    """The end of every set-up script."""
    group = r.own("autoscaling", f"autoScalingGroup:any:autoScalingGroupName/{host}")
    return on(group, "autoscaling:CompleteLifecycleAction")


def take_address(r: Resources, host: str) -> Needs:
    instance = Question("ec2:AssociateAddress", r.own("ec2", "instance/i-0"), {"ec2:ResourceTag/Name": host})
    return [*on(r.address_of(host), "ec2:AssociateAddress"), instance]


def read_files(bucket: str) -> Needs:
    """`aws s3 sync` of nginx's configuration."""
    return [*on(f"{bucket}/nginx/nginx.conf", "s3:GetObject"), *on(bucket, "s3:ListBucket")]


def flow_logs(r: Resources, group: str) -> Needs:
    return [*log_by_agent(r, group), *on("*", "logs:DescribeLogGroups")]


def nginx_hosts(r: Resources) -> list[str]:
    return [one["name"] for one in r.state.values("aws_launch_template") if "nginx" in one["name"]]


def nginx_host(r: Resources, host: str) -> Needs:
    files = r.bucket("nginx-files")
    certificates = on(f"{files}/letsencrypt.tar.gz", "s3:GetObject", "s3:PutObject")
    lock = on(f"{files}/order.lock", "s3:GetObject", "s3:PutObject", "s3:DeleteObject")
    names = [one["name"] for one in r.state.values("aws_launch_template") if "nginx" in one["name"]]
    health = [
        question for name in names for question in on("*", "cloudwatch:PutMetricData", cloudwatch__namespace=name)
    ]
    return [
        *answer_group(r, host),
        *take_address(r, host),
        *read_files(files),
        *certificates,
        *lock,
        *on(str(r.key), "kms:Decrypt", "kms:GenerateDataKey"),
        *health,
        *log_by_agent(r, "/notes-nginx/nginx"),
    ]


def deploy(r: Resources) -> Needs:
    """.github/workflows/deploy.yml"""
    cluster = r.own("ecs", "cluster/notes")
    families = [r.own("ecs", f"task-definition/{family}:1") for family in ("notes-app", "notes-app-release")]
    roles = [f"arn:aws:iam::{r.account}:role/notes-app-{role}" for role in ("task", "release-task", "execution")]
    return [
        *push(r),
        *on("*", "ecs:DescribeTaskDefinition", "ecs:RegisterTaskDefinition"),
        *on(r.own("ecs", "service/notes/notes-app"), "ecs:DescribeServices", "ecs:UpdateService"),
        *(question for family in families for question in on(family, "ecs:RunTask", ecs__cluster=cluster)),
        *on("*", "ecs:DescribeTasks", ecs__cluster=cluster),
        *(q for role in roles for q in on(role, "iam:PassRole", iam__PassedToService="ecs-tasks.amazonaws.com")),
    ]


def artifacts(r: Resources) -> Needs:
    bucket = r.bucket("artifacts")
    objects = on(f"{bucket}/source", "s3:GetObject", "s3:GetObjectVersion", "s3:PutObject")
    return [*objects, *on(str(r.key), "kms:Decrypt", "kms:GenerateDataKey")]


def release(r: Resources) -> Needs:
    """terraform/modules/pipeline/release.yml"""
    watched = (
        "autoscaling:DescribeAutoScalingGroups",
        "autoscaling:DescribeInstanceRefreshes",
        "elasticloadbalancing:DescribeTargetHealth",
        "ssm:GetCommandInvocation",
    )
    instance = Question("ssm:SendCommand", r.own("ec2", "instance/i-0"), {"aws:ResourceTag/Name": "task-manager"})
    return [
        *on(r.arn("aws_ssm_parameter"), "ssm:GetParameter", "ssm:PutParameter"),
        *on(f"arn:aws:ssm:{r.region}::document/AWS-RunShellScript", "ssm:SendCommand"),
        instance,
        *on(r.arn("aws_autoscaling_group"), "autoscaling:CancelInstanceRefresh", "autoscaling:StartInstanceRefresh"),
        *on("*", *watched),
    ]


# --- Roles ----------------------------------------------------------------------------------------------------------


def three_tier(r: Resources) -> dict[str, Needs]:
    is_scanned = r.state.of("aws_guardduty_malware_protection_plan")
    return {
        **({"notes-malware-scan": scan_files(r)} if is_scanned else {}),
        "notes-app-execution": [*pull(r), *log(r, "/ecs/notes"), *put_into_environment(r)],
        "notes-app-task": [*read_secrets(r, "database-app"), *keep_files(r)],
        "notes-app-release-task": read_secrets(r, "database-migrate"),
        "notes-app-users-task": read_secrets(r, "master", "database-app", "database-migrate"),
        "notes-app-commands-task": [*read_secrets(r, "database-app"), *keep_files(r), *open_shell()],
        "notes-bastion": [*answer_group(r, "notes-bastion"), *take_address(r, "notes-bastion")],
        **{host: nginx_host(r, host) for host in nginx_hosts(r)},
        "notes-deploy": deploy(r),
        "RJ-VPC-flow-logs": flow_logs(r, "/vpc/RJ-VPC"),
        # By AWS's own policies alone.
        "notes-backup": [],
        "notes-monitoring": [],
    }


def eight_digit(r: Resources) -> dict[str, Needs]:
    table = r.state.one("aws_dynamodb_table")
    entries = [
        *on(table["arn"], "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"),
        *on(f"{table['arn']}/index/latest", "dynamodb:Query"),
        *(q for encryption in table["server_side_encryption"] for q in by_dynamodb(r, encryption["kms_key_arn"])),
    ]
    return {
        "flask-service-execution": [*pull(r), *log(r, "/ecs/flask-app"), *put_into_environment(r)],
        "flask-service-task": entries,
        "flask-service-commands-task": [*entries, *open_shell()],
        "eight-digit-flow-logs": flow_logs(r, "/vpc/eight-digit"),
    }


def task_manager(r: Resources) -> dict[str, Needs]:
    secrets = ("secret-key", "master", "database-app", "database-migrate")
    return {
        "task-manager": [
            *answer_group(r, "task-manager"),
            *pull(r),
            *read_files(r.bucket("task-manager-files")),
            *on(r.arn("aws_ssm_parameter"), "ssm:GetParameter"),
            *read_secrets(r, *secrets),
            *keep_files(r),
            *log_by_agent(r, "/task-manager/app"),
        ],
        "task-manager-build": [*log(r, "/codebuild/task-manager-build"), *artifacts(r), *push(r)],
        "task-manager-release": [*log(r, "/codebuild/task-manager-release"), *artifacts(r), *release(r)],
        "task-manager-pipeline": [*artifacts(r), *run_pipeline(r)],
        "task-manager-flow-logs": flow_logs(r, "/vpc/task-manager"),
        "task-manager-backup": [],
        "task-manager-monitoring": [],
    }


def run_pipeline(r: Resources) -> Needs:
    builds = [one["arn"] for one in r.state.values("aws_codebuild_project")]
    # A connection and the permission for it have two names each, whenever and wherever it was made:
    # https://docs.aws.amazon.com/dtconsole/latest/userguide/rename.html
    services = ("codeconnections", "codestar-connections")
    use = tuple(f"{service}:UseConnection" for service in services)
    return [
        *(q for build in builds for q in on(build, "codebuild:BatchGetBuilds", "codebuild:StartBuild")),
        *(q for service in services for q in on(r.own(service, "connection/0f0f"), *use)),
    ]


NEEDS: dict[str, Callable[[Resources], dict[str, Needs]]] = {
    "three-tier": three_tier,
    "eight-digit": eight_digit,
    "task-manager": task_manager,
}


def needs(composition: Composition, state: State) -> dict[str, Needs]:
    return NEEDS[composition.name](Resources(state))


# --- Comparing ------------------------------------------------------------------------------------------------------

# What none of them calls: it would take over the account, tell what is not theirs, or destroy what cannot be had again.
NEVER = [
    *(
        "iam:CreateUser",
        "iam:PutRolePolicy",
        "iam:AttachRolePolicy",
        "sts:AssumeRole",
        "organizations:LeaveOrganization",
    ),
    *("kms:ScheduleKeyDeletion", "kms:PutKeyPolicy", "secretsmanager:PutSecretValue", "secretsmanager:DeleteSecret"),
    *("rds:DeleteDBInstance", "rds:ModifyDBInstance", "rds:DeleteDBSnapshot", "dynamodb:DeleteTable", "dynamodb:Scan"),
    *("dynamodb:DeleteItem", "s3:DeleteBucket", "s3:PutBucketPolicy", "ec2:AuthorizeSecurityGroupIngress"),
    *("s3:DeleteObjectVersion", "s3:PutBucketVersioning", "s3:PutLifecycleConfiguration"),
    *("logs:DeleteLogGroup", "cloudtrail:StopLogging", "ecr:DeleteRepository", "ecs:ExecuteCommand"),
]


def allowed_somewhere(role: list[Statement], action: str) -> bool:
    """On whatever resource, under whatever condition."""
    patterns = [one for statement in role if statement["Effect"] == "Allow" for one in as_list(statement["Action"])]
    return any(matches(pattern.lower(), action.lower()) for pattern in patterns)


def denied(role: list[Statement], questions: Needs) -> Needs:
    return [question for question in questions if not is_allowed(role, question)]


def without_one(role: list[Statement]) -> Iterator[tuple[str, list[Statement]]]:
    """The role as it would be without one action, or without one resource of one action; and what was taken away."""
    for number, statement in enumerate(role):
        others = role[:number] + role[number + 1 :]
        pairs = [(a, r) for a in as_list(statement["Action"]) for r in as_list(statement["Resource"])]
        for pair in pairs:
            kept = [statement | {"Action": action, "Resource": arn} for action, arn in pairs if (action, arn) != pair]
            yield json.dumps({**statement, "Action": pair[0], "Resource": pair[1]}), [*others, *kept]
