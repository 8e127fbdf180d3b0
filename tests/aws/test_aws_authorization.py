"""What a role may do: what a statement allows and none denies; what is not evaluated is refused, not passed over."""

from __future__ import annotations

from typing import Any

import pytest

from devtools.aws_authorization import Question, is_allowed
from devtools.aws_requests import NotUnderstoodError

READ = {"Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::notes/*"}
IN_CLUSTER = {"ArnEquals": {"ecs:cluster": "arn:aws:ecs:eu-central-1:123456789012:cluster/notes"}}
RUN = {"Effect": "Allow", "Action": ["ecs:RunTask"], "Resource": "*", "Condition": IN_CLUSTER}
OBJECT = Question("s3:GetObject", "arn:aws:s3:::notes/one")


def test_what_no_statement_allows_is_denied() -> None:
    assert is_allowed([READ], OBJECT)
    assert not is_allowed([], OBJECT)
    assert not is_allowed([READ], OBJECT._replace(action="s3:PutObject"))
    assert not is_allowed([READ], OBJECT._replace(resource="arn:aws:s3:::others/one"))


def test_a_denial_wins() -> None:
    assert not is_allowed([READ, READ | {"Effect": "Deny", "Action": "s3:*"}], OBJECT)


def test_a_condition_holds_for_its_value_and_not_without_one() -> None:
    cluster = IN_CLUSTER["ArnEquals"]["ecs:cluster"]
    assert is_allowed([RUN], Question("ecs:RunTask", "*", {"ecs:cluster": cluster}))
    assert not is_allowed([RUN], Question("ecs:RunTask", "*", {"ecs:cluster": f"{cluster}-2"}))
    assert not is_allowed([RUN], Question("ecs:RunTask"))


@pytest.mark.parametrize(
    "more",
    [
        {"NotPrincipal": "*"},
        {"Resource": "arn:aws:s3:::notes/${aws:username}/*"},
        {"Condition": {"NumericLessThan": {"s3:max-keys": "10"}}},
    ],
)
def test_what_is_not_evaluated_is_refused(more: dict[str, Any]) -> None:
    with pytest.raises(NotUnderstoodError, match="not evaluated"):
        is_allowed([READ | more], OBJECT)
