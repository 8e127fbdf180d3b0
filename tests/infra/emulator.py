"""An AWS on a loopback port: moto's server, and the few answers it lacks or gets wrong, each with its reason."""

import json
import os
from typing import Any

# Read when moto is imported: AWS's own IAM policies, such as the one for Session Manager.
os.environ["MOTO_IAM_LOAD_MANAGED_POLICIES"] = "true"

from moto.budgets.responses import BudgetsResponse, budgets_backends
from moto.iam.access_control import IAMPolicyStatement, PermissionResult
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server


def lend_tls_to_the_emulator() -> None:
    """The emulator speaks HTTP: a policy that refuses plain HTTP would refuse everything."""
    permitted = IAMPolicyStatement.is_action_permitted

    def unless_about_tls(self: IAMPolicyStatement, *args: Any, **kwargs: Any) -> PermissionResult:
        if "aws:SecureTransport" in self._statement.get("Condition", {}).get("Bool", {}):
            return PermissionResult.NEUTRAL
        return permitted(self, *args, **kwargs)

    IAMPolicyStatement.is_action_permitted = unless_about_tls


def add_budget_subscribers() -> None:
    """A budget's subscribers and tags cannot be asked for: the first are kept but not shown, the second not kept."""

    def describe_subscribers_for_notification(self: Any) -> str:
        wanted = self._get_param("Notification")
        budget = budgets_backends[self.current_account][self.partition].budgets[self.current_account][self._get_param("BudgetName")]
        for notification in budget.notifications:
            if notification.details["NotificationType"] == wanted["NotificationType"]:
                return json.dumps({"Subscribers": notification.subscribers})
        return json.dumps({"Subscribers": []})

    def list_tags_for_resource(self: Any) -> str:
        return json.dumps({"ResourceTags": []})

    BudgetsResponse.describe_subscribers_for_notification = describe_subscribers_for_notification
    BudgetsResponse.list_tags_for_resource = list_tags_for_resource


def serve() -> None:
    lend_tls_to_the_emulator()
    add_budget_subscribers()
    server = make_server("127.0.0.1", 0, DomainDispatcherApplication(create_backend_app), threaded=True)
    print(server.port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    serve()
