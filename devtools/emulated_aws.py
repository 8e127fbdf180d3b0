"""An AWS on a loopback port: moto's server, and the few answers it lacks or gets wrong, each with its reason."""

import json
import os
import sys
import threading
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import unquote

# Read when moto is imported: AWS's own IAM policies, such as the one for Session Manager.
os.environ["MOTO_IAM_LOAD_MANAGED_POLICIES"] = "true"
os.environ["MOTO_ACM_VALIDATION_WAIT"] = "0"  # seconds until a certificate is issued

from moto.applicationautoscaling.models import ApplicationAutoscalingBackend
from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse
from moto.autoscaling.models import FakeAutoScalingGroup, FakeScalingPolicy
from moto.autoscaling.responses import AutoScalingResponse
from moto.backup import urls as backup
from moto.backup.exceptions import ResourceNotFoundException
from moto.backup.responses import BackupResponse
from moto.budgets.responses import BudgetsResponse
from moto.cloudfront import urls as cloudfront
from moto.cloudfront.exceptions import CloudFrontException
from moto.cloudfront.models import DefaultCacheBehaviour, Origin, ViewerCertificate
from moto.cloudfront.responses import CloudFrontResponse
from moto.codebuild import responses as codebuild
from moto.codebuild.models import CodeBuildBackend
from moto.codepipeline.responses import CodePipelineResponse
from moto.core.exceptions import JsonRESTError
from moto.core.responses import ActionResult
from moto.ec2.models.launch_templates import LaunchTemplate
from moto.ecs.models import Container, EC2ContainerServiceBackend
from moto.elbv2.models import FakeLoadBalancer
from moto.guardduty import urls as guardduty
from moto.guardduty.responses import GuardDutyResponse
from moto.iam.access_control import IAMPolicyStatement, PermissionResult
from moto.iam.responses import IamResponse
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from moto.rds.models import DBInstance, DBParameterGroup
from moto.route53 import models as route53
from moto.ses.models import EmailIdentity
from werkzeug.serving import make_server

from devtools import aws_policies, aws_rules, aws_schemas
from devtools.s3 import leave_tags_to_this
from devtools.strict_aws import StrictAws


def lend_tls_to_the_emulator() -> None:
    """The emulator speaks HTTP: a policy that refuses plain HTTP would refuse everything."""
    permitted = IAMPolicyStatement.is_action_permitted

    def unless_about_tls(self: IAMPolicyStatement, *args: Any, **kwargs: Any) -> PermissionResult:
        if "aws:SecureTransport" in self._statement.get("Condition", {}).get("Bool", {}):
            return PermissionResult.NEUTRAL
        return permitted(self, *args, **kwargs)

    IAMPolicyStatement.is_action_permitted = unless_about_tls  # type: ignore[method-assign]


def add_budget_subscribers() -> None:
    """A budget keeps the subscribers of its notifications, but cannot be asked for them, and cannot be changed."""

    def describe_subscribers_for_notification(self: Any) -> str:
        wanted = self._get_param("Notification")
        budget = self.backend.budgets[self.current_account][self._get_param("BudgetName")]
        for notification in budget.notifications:
            if notification.details["NotificationType"] == wanted["NotificationType"]:
                return json.dumps({"Subscribers": notification.subscribers})
        return json.dumps({"Subscribers": []})

    def update_budget(self: Any) -> str:
        new = self._get_param("NewBudget")
        self.backend.budgets[self.current_account][new["BudgetName"]].budget.update(new)
        return json.dumps({})

    setattr(BudgetsResponse, "update_budget", update_budget)  # noqa: B010
    setattr(BudgetsResponse, "describe_subscribers_for_notification", describe_subscribers_for_notification)  # noqa: B010


def add_tags(response: type[Any], arn: str, field: str) -> None:
    """Tags of budgets and of scalable targets cannot be asked for or set."""
    tags: dict[str, dict[str, str]] = {}

    def as_given(values: dict[str, str]) -> Any:
        return values if field == "Tags" else [{"Key": key, "Value": value} for key, value in values.items()]

    def list_tags_for_resource(self: Any) -> str:
        return json.dumps({field: as_given(tags.get(self._get_param(arn), {}))})

    def tag_resource(self: Any) -> str:
        given = self._get_param(field)
        new = given if field == "Tags" else {tag["Key"]: tag["Value"] for tag in given}
        tags.setdefault(self._get_param(arn), {}).update(new)
        return json.dumps({})

    for call in (list_tags_for_resource, tag_resource):
        setattr(response, call.__name__, call)


def complete_groups_of_instances() -> None:
    """Of a group its use of reserved capacity is not told, of a policy that it is on, and no refresh can be started."""

    def start_instance_refresh(self: Any) -> ActionResult:
        return ActionResult({"InstanceRefreshId": str(uuid.uuid4())})

    reserved = {"CapacityReservationPreference": "default"}
    for owner, name, value in (
        (FakeAutoScalingGroup, "capacity_reservation_specification", reserved),
        (FakeScalingPolicy, "enabled", True),
        (AutoScalingResponse, "start_instance_refresh", start_instance_refresh),
    ):
        setattr(owner, name, value)
    make = FakeScalingPolicy.__init__

    def predicting_nothing(self: FakeScalingPolicy, *args: Any, **kwargs: Any) -> None:
        make(self, *args, **kwargs)
        self.predictive_scaling_configuration = self.predictive_scaling_configuration or None  # type: ignore[assignment]

    FakeScalingPolicy.__init__ = predicting_nothing  # type: ignore[method-assign]


def keep_what_a_distribution_was_given() -> None:
    """One with a cache policy also answers with forwarded values, one with a certificate with the default one too."""
    behave, certify = DefaultCacheBehaviour.__init__, ViewerCertificate.__init__

    def by_policy(self: DefaultCacheBehaviour, config: dict[str, Any]) -> None:
        behave(self, config)
        if config.get("CachePolicyId"):
            self.forwarded_values = None  # type: ignore[assignment]

    def by_certificate(self: ViewerCertificate, config: dict[str, Any]) -> None:
        certify(self, {"CloudFrontDefaultCertificate": "ACMCertificateArn" not in config, **config})

    DefaultCacheBehaviour.__init__ = by_policy  # type: ignore[method-assign]
    ViewerCertificate.__init__ = by_certificate  # type: ignore[method-assign]


def keep_the_keys_of_builds_and_find_them_by_arn() -> None:
    """A project answers with the account's key for S3, whatever key it was given; by its ARN it cannot be deleted."""
    create, delete = codebuild.CodeBuildResponse.create_project, CodeBuildBackend.delete_project

    def keyed(self: Any) -> Any:
        answer = create(self)
        project = self.codebuild_backend.codebuild_projects[self._get_param("name")]
        project.project_metadata["encryptionKey"] = self._get_param("encryptionKey")
        return answer

    def deleted(self: CodeBuildBackend, project_name: str) -> None:
        delete(self, project_name.rsplit("/", 1)[-1])

    codebuild.CodeBuildResponse.create_project = keyed  # type: ignore[method-assign]
    CodeBuildBackend.delete_project = deleted  # type: ignore[method-assign]


def keep_launch_template_tags_apart() -> None:
    """The tags of a launch template itself are mixed into those it gives to instances."""
    add = LaunchTemplate.create_version

    def apart(self: LaunchTemplate, data: dict[str, Any], description: str) -> Any:
        specifications = data.get("TagSpecifications", [])
        data["TagSpecifications"] = [spec for spec in specifications if spec.get("ResourceType") != "launch-template"]
        return add(self, data, description)

    LaunchTemplate.create_version = apart  # type: ignore[method-assign]


def give_names_as_long_as_awss() -> None:
    """Host names of load balancers and databases are shorter than AWS's, and lack what says that one is internal."""
    balance = FakeLoadBalancer.__init__

    def long_named(self: FakeLoadBalancer, **given: Any) -> None:
        region = given["dns_name"].split(".")[1]
        inside = "internal-" if given["scheme"] == "internal" else ""
        balance(self, **given | {"dns_name": f"{inside}{given['name']}-1234567890.{region}.elb.amazonaws.com"})

    def address(self: DBInstance) -> str:
        return f"{self.db_instance_identifier}.c9akciq32abc.{self.region}.rds.amazonaws.com"

    FakeLoadBalancer.__init__ = long_named  # type: ignore[method-assign, assignment]
    setattr(DBInstance, "address", property(address))  # noqa: B010 - mypy knows no assignment to a property


def name_parameters_as_set_by_the_user() -> None:
    """A parameter group's own parameters lack their source, and the provider looks at those of source 'user' only."""
    update = DBParameterGroup.update_parameters

    def named(self: DBParameterGroup, new_parameters: Any) -> None:
        update(self, [parameter | {"Source": "user"} for parameter in new_parameters])

    DBParameterGroup.update_parameters = named  # type: ignore[method-assign]


def add_backup_selections() -> None:
    """Backup plans exist, the choice of what they back up does not."""
    selections: dict[str, dict[str, Any]] = {}

    def create_backup_selection(self: Any) -> str:
        plan, selection = unquote(self.path).split("/")[3], self._get_param("BackupSelection")
        known: dict[str, Any] = {"SelectionId": str(uuid.uuid4()), "BackupPlanId": plan, "CreationDate": time.time()}
        selections[known["SelectionId"]] = known | {"BackupSelection": selection}
        return json.dumps(known)

    def get_backup_selection(self: Any) -> str:
        return json.dumps(find(self))

    def delete_backup_selection(self: Any) -> str:
        selections.pop(find(self)["SelectionId"])
        return json.dumps({})

    def list_backup_selections(self: Any) -> str:
        plan = unquote(self.path).split("/")[3]
        found = [kept for kept in selections.values() if kept["BackupPlanId"] == plan]
        return json.dumps({"BackupSelectionsList": [kept | kept["BackupSelection"] for kept in found]})

    def find(response: Any) -> dict[str, Any]:
        wanted = unquote(response.path).split("/")[5]
        if wanted not in selections:
            raise ResourceNotFoundException(f"Cannot find Backup selection with ID {wanted}")
        return selections[wanted]

    for call in (create_backup_selection, get_backup_selection, delete_backup_selection, list_backup_selections):
        setattr(BackupResponse, call.__name__, call)


def add_recovery_points() -> None:
    """What a vault holds cannot be asked for; nothing is ever backed up here, so it holds nothing."""

    def list_recovery_points_by_backup_vault(self: Any) -> str:
        return json.dumps({"RecoveryPoints": []})

    setattr(BackupResponse, "list_recovery_points_by_backup_vault", list_recovery_points_by_backup_vault)  # noqa: B010
    backup.url_paths["{0}/backup-vaults/(?P<name>[^/]+)/recovery-points/?$"] = BackupResponse.dispatch


def add_managed_cloudfront_policies() -> None:
    """The policies that AWS manages have fixed ids, and cannot be looked up."""
    caching = {
        "Managed-CachingOptimized": "658327ea-f89d-4fab-a63d-7e88639e58f6",
        "Managed-CachingDisabled": "4135ea2d-6df8-44a3-9df3-4b5a84be39ad",
    }
    forwarding = {"Managed-AllViewer": "216adef6-5c7f-47e4-b989-5492eafa07d3"}

    def answer(kind: str, policies: dict[str, str]) -> Any:
        def policy(name: str, identifier: str) -> str:
            config = f"<{kind}Config><Name>{name}</Name><MinTTL>0</MinTTL></{kind}Config>"
            modified = "<LastModifiedTime>2020-01-01T00:00:00Z</LastModifiedTime>"
            return f"<{kind}><Id>{identifier}</Id>{modified}{config}</{kind}>"

        def respond(request: Any, full_url: str, headers: Any) -> tuple[int, dict[str, str], str]:
            single = full_url.split("?", maxsplit=1)[0].rsplit("/", 1)[-1]
            for name, identifier in policies.items():
                if identifier == single:
                    return 200, {"ETag": "1"}, policy(name, identifier)
            items = "".join(
                f"<{kind}Summary><Type>managed</Type>{policy(*each)}</{kind}Summary>" for each in policies.items()
            )
            content = f"<MaxItems>100</MaxItems><Quantity>{len(policies)}</Quantity><Items>{items}</Items>"
            return 200, {}, f"<{kind}List>{content}</{kind}List>"

        return respond

    for path, respond in (
        ("cache-policy", answer("CachePolicy", caching)),
        ("origin-request-policy", answer("OriginRequestPolicy", forwarding)),
    ):
        cloudfront.url_paths[f"{{0}}/2020-05-31/{path}$"] = respond
        cloudfront.url_paths[f"{{0}}/2020-05-31/{path}/(?P<id>[^/]+)$"] = respond


def name_zones_as_route53_does() -> None:
    """Ids of hosted zones begin with any letter, where AWS's begin with Z."""
    create = route53.create_route53_zone_id
    route53.create_route53_zone_id = lambda *given, **named: f"Z{create(*given, **named)[1:]}"


def sign_mails_of_a_domain() -> None:
    """A domain gets no key, of which AWS gives three names at once, unless it brings one."""
    make = EmailIdentity.__init__

    def with_tokens(self: EmailIdentity, *given: Any, **named: Any) -> None:
        make(self, *given, **named)
        if self.identity_type == "DOMAIN" and not self.dkim_signing_attributes:
            tokens = [uuid.uuid4().hex for _ in range(3)]
            self.dkim_attributes |= {"SigningEnabled": True, "Status": "PENDING", "Tokens": tokens}
            self.dkim_attributes |= {"CurrentSigningKeyLength": "RSA_2048_BIT", "NextSigningKeyLength": "RSA_2048_BIT"}

    EmailIdentity.__init__ = with_tokens  # type: ignore[method-assign]


def add_service_passwords_of_users() -> None:
    """moto has no service-specific credentials; none are made here."""

    def list_service_specific_credentials(self: Any) -> ActionResult:
        return ActionResult({"ServiceSpecificCredentials": []})

    setattr(IamResponse, "list_service_specific_credentials", list_service_specific_credentials)  # noqa: B010


def add_vpc_origins() -> None:
    """A distribution cannot have its origin within a VPC."""
    origins: dict[str, dict[str, Any]] = {}

    def answer(origin: dict[str, Any]) -> ActionResult:
        return ActionResult({"VpcOrigin": origin, "ETag": "1"})

    def create_vpc_origin(self: Any) -> ActionResult:
        identifier, now = f"vo_{uuid.uuid4().hex[:22]}", datetime.now(UTC)
        origins[identifier] = {
            "Id": identifier,
            "Arn": f"arn:aws:cloudfront::{self.current_account}:vpcorigin/{identifier}",
            "Status": "Deployed",
            "CreatedTime": now,
            "LastModifiedTime": now,
            "VpcOriginEndpointConfig": self._get_param("VpcOriginEndpointConfig"),
        }
        self.backend.tagger.tag_resource(origins[identifier]["Arn"], self._get_param("Tags.Items", []))
        return answer(origins[identifier])

    def find(response: Any) -> dict[str, Any]:
        identifier = unquote(response.path).rsplit("/", 1)[-1]
        if identifier not in origins:
            raise NoSuchVpcOrigin
        return origins[identifier]

    def get_vpc_origin(self: Any) -> ActionResult:
        return answer(find(self))

    def delete_vpc_origin(self: Any) -> ActionResult:
        return answer(origins.pop(find(self)["Id"]))

    def list_vpc_origins(self: Any) -> ActionResult:
        items = [origin | {"Name": origin["VpcOriginEndpointConfig"]["Name"]} for origin in origins.values()]
        items = [item | {"OriginEndpointArn": item["VpcOriginEndpointConfig"]["Arn"]} for item in items]
        found = {"Marker": "", "MaxItems": 100, "IsTruncated": False, "Quantity": len(items), "Items": items}
        return ActionResult({"VpcOriginList": found})

    for call in (create_vpc_origin, get_vpc_origin, delete_vpc_origin, list_vpc_origins):
        setattr(CloudFrontResponse, call.__name__, call)
    for path in ("vpc-origin$", "vpc-origin/(?P<id>[^/]+)$"):
        cloudfront.url_paths[f"{{0}}/2020-05-31/{path}"] = CloudFrontResponse.dispatch


def add_malware_protection() -> None:
    """GuardDuty has detectors and filters, but cannot be asked to scan a bucket."""
    plans: dict[str, dict[str, Any]] = {}

    def create_malware_protection_plan(self: Any) -> str:
        given, identifier = json.loads(self.body), uuid.uuid4().hex[:20]
        arn = f"arn:aws:guardduty:{self.region}:{self.current_account}:malware-protection-plan/{identifier}"
        plans[identifier] = given | {"arn": arn, "createdAt": time.time(), "status": "ACTIVE"}
        return json.dumps({"malwareProtectionPlanId": identifier})

    def find(response: Any) -> str:
        identifier = unquote(response.path).rsplit("/", 1)[-1]
        if identifier not in plans:
            raise NoSuchPlan(identifier)
        return identifier

    def get_malware_protection_plan(self: Any) -> str:
        return json.dumps(plans[find(self)])

    def list_tags_for_resource(self: Any) -> str:
        return json.dumps({"tags": plans[find(self)].get("tags", {})})

    def delete_malware_protection_plan(self: Any) -> str:
        plans.pop(find(self))
        return json.dumps({})

    def list_malware_protection_plans(self: Any) -> str:
        return json.dumps({"malwareProtectionPlans": [{"malwareProtectionPlanId": one} for one in plans]})

    for call in (
        create_malware_protection_plan,
        get_malware_protection_plan,
        delete_malware_protection_plan,
        list_tags_for_resource,
        list_malware_protection_plans,
    ):
        setattr(GuardDutyResponse, call.__name__, call)
    for path in ("malware-protection-plan$", "malware-protection-plan/(?P<id>[^/]+)$", "tags/(?P<arn>.+)$"):
        guardduty.url_paths[f"{{0}}/{path}"] = GuardDutyResponse.dispatch


class NoSuchPlan(JsonRESTError):
    code = 404

    def __init__(self, identifier: str) -> None:
        super().__init__("ResourceNotFoundException", f"There is no plan {identifier}.")


class NoSuchVpcOrigin(CloudFrontException):
    def __init__(self) -> None:
        super().__init__("EntityNotFound", "There is no such VPC origin.")


def keep_the_vpc_origin_of_a_distribution() -> None:
    """moto drops the VPC origin of a distribution."""
    make = Origin.__init__

    def within(self: Origin, origin: dict[str, Any]) -> None:
        make(self, origin)
        if "VpcOriginConfig" in origin:
            self.vpc_origin_config = origin["VpcOriginConfig"]  # type: ignore[attr-defined]

    Origin.__init__ = within  # type: ignore[method-assign]


def date_pipelines_with_numbers() -> None:
    """A pipeline's dates come as text, where the protocol has seconds."""
    get = CodePipelineResponse.get_pipeline

    def dated(self: CodePipelineResponse) -> str:
        answer = json.loads(get(self))
        answer["metadata"] |= {"created": time.time(), "updated": time.time()}
        return json.dumps(answer)

    CodePipelineResponse.get_pipeline = dated  # type: ignore[method-assign]


def let_pipelines_feed_codebuild() -> None:
    """A project of a pipeline has no location; moto requires one, so it is checked with a temporary one."""
    for name in ("_validate_required_params_source", "_validate_required_params_artifacts"):
        setattr(codebuild, name, lending(getattr(codebuild, name)))


def run_tasks_without_memory_of_a_container() -> None:
    """On Fargate the task's memory is enough; moto counts the containers' for a machine that there is not."""
    EC2ContainerServiceBackend._calculate_task_resource_requirements = staticmethod(  # type: ignore[assignment]  # of fewer types than moto says
        lambda _definition: {"CPU": 0, "MEMORY": 0, "PORTS": [], "PORTS_UDP": []}
    )


def run_the_agent_of_commands() -> None:
    """A container has the agent behind ECS Exec; moto's has none, so clients could not see when a session can begin."""
    agent = {"name": "ExecuteCommandAgent", "lastStatus": "RUNNING"}
    Container.managed_agents = [agent]  # type: ignore[attr-defined]  # what moto answers with, by the API's name


def describe_the_newest_active_revision() -> None:
    """A family names its newest active task definition; moto takes one that was deregistered all the same."""
    describe = EC2ContainerServiceBackend.describe_task_definition

    def described(self: EC2ContainerServiceBackend, task_definition_str: str) -> Any:
        family = task_definition_str.rsplit("/", maxsplit=1)[-1]
        revisions = self.task_definitions.get(family, {})
        active = [number for number, definition in revisions.items() if definition.status == "ACTIVE"]
        return describe(self, f"{family}:{max(active)}" if active else task_definition_str)

    EC2ContainerServiceBackend.describe_task_definition = described  # type: ignore[method-assign]


def hold_scalable_targets_within_their_bounds() -> None:
    """A service that is registered for scaling is at once as large as its bounds say; moto leaves it as it was."""
    register = ApplicationAutoscalingBackend.register_scalable_target

    def held(self: ApplicationAutoscalingBackend, namespace: str, r_id: str, *more: Any, **named: Any) -> Any:
        target = register(self, namespace, r_id, *more, **named)
        if namespace == "ecs":
            _, cluster, name = r_id.split("/")
            [service], _ = self.ecs_backend.describe_services(cluster, [name])
            bounded = min(max(service.desired_count, target.min_capacity or 0), target.max_capacity or 0)
            self.ecs_backend.update_service({"cluster": cluster, "service": name, "desired_count": bounded})
        return target

    ApplicationAutoscalingBackend.register_scalable_target = held  # type: ignore[method-assign]


def lending(check: Callable[[dict[str, Any]], None]) -> Callable[[dict[str, Any]], None]:
    def checked(given: dict[str, Any]) -> None:
        check({"location": "pipeline", **given} if given["type"] == "CODEPIPELINE" else given)

    return checked


class OneAtATime:
    """Moto, asked one thing at a time and no thing twice.

    Its tables are not made for threads: of two security groups made at once, one may lose its rules. The server under
    it loses an answer now and then; the SDK then sends the same request again, and what is deleted twice is an error.
    A fault of moto's is answered as one of the caller's: the provider would try again 25 times, for minutes.
    """

    def __init__(self, application: Any) -> None:
        self.application, self.turn = application, threading.Lock()
        self.answers: dict[str, Answer] = {}  # the latest, by the number that the SDK gives to all tries of a request

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        request = environ.get("HTTP_AMZ_SDK_INVOCATION_ID", "")
        with self.turn:
            answer = self.answers.get(request) or self.ask(environ)
            if request and answer.status.startswith("2"):
                self.answers[request] = answer
            if len(self.answers) > 500:
                del self.answers[next(iter(self.answers))]
        start_response("400 Bad Request" if answer.status.startswith("5") else answer.status, answer.headers)
        return [answer.body]

    def ask(self, environ: dict[str, Any]) -> "Answer":
        started: list[Any] = []
        body = b"".join(self.application(environ, lambda *start: started.extend(start)))
        return Answer(started[0], started[1], body)


class Answer(NamedTuple):
    status: str
    headers: list[tuple[str, str]]
    body: bytes


def serve(*, policies: bool) -> None:
    add_tags(BudgetsResponse, "ResourceARN", "ResourceTags")
    add_tags(ApplicationAutoScalingResponse, "ResourceARN", "Tags")
    complete_groups_of_instances()
    keep_what_a_distribution_was_given()
    keep_the_keys_of_builds_and_find_them_by_arn()
    keep_launch_template_tags_apart()
    give_names_as_long_as_awss()
    name_parameters_as_set_by_the_user()
    add_backup_selections()
    add_recovery_points()
    add_managed_cloudfront_policies()
    name_zones_as_route53_does()
    sign_mails_of_a_domain()
    add_service_passwords_of_users()
    add_vpc_origins()
    add_malware_protection()
    leave_tags_to_this()
    keep_the_vpc_origin_of_a_distribution()
    let_pipelines_feed_codebuild()
    date_pipelines_with_numbers()
    lend_tls_to_the_emulator()
    add_budget_subscribers()
    run_tasks_without_memory_of_a_container()
    run_the_agent_of_commands()
    hold_scalable_targets_within_their_bounds()
    describe_the_newest_active_revision()
    checks = [aws_schemas.refusal, aws_rules.refusal, *([aws_policies.refusal] if policies else [])]
    application = StrictAws(DomainDispatcherApplication(create_backend_app), *checks)
    server = make_server("127.0.0.1", 0, OneAtATime(application), threaded=True)
    print(server.port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    serve(policies="--takes-any-policy" not in sys.argv)
