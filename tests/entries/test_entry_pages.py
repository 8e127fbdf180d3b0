"""The pages of entries, as a browser uses them."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient

from app.entries import service
from devtools.forms import csrf_token, submit


def page(client: FlaskClient, path: str = "/") -> BeautifulSoup:
    return BeautifulSoup(client.get(path).data, "html.parser")


def numbers(shown: BeautifulSoup) -> list[str]:
    return [number.text for number in shown.select(".number")]


def test_the_empty_page_invites_the_first_entry(visitor: FlaskClient) -> None:
    assert "Yours would be the first" in page(visitor).text


def test_what_was_sent_is_shown_and_said(visitor: FlaskClient) -> None:
    response = submit(visitor, "/", username="alice", number="00123456")
    assert (response.status_code, response.headers["Location"]) == (303, "/")
    shown = page(visitor)
    assert "Saved: 00123456 by alice." in shown.select_one(".messages").text  # type: ignore[union-attr]
    assert numbers(shown) == ["00123456"]


@pytest.mark.parametrize(
    "typed", ["0012 3456", " 00123456 ", "0012-3456", "00 12 34 56", "0012\u00a03456", "0012\u202f3456"]
)
def test_a_number_may_be_typed_in_groups_as_it_is_printed(visitor: FlaskClient, typed: str) -> None:
    assert submit(visitor, "/", username="alice", number=typed).status_code == 303
    assert numbers(page(visitor)) == ["00123456"]


@pytest.mark.parametrize(
    "typed", ["0012  3456", "0012 345", "0012 34567", "-00123456", "0012.3456", "²²²² ²²²²", "٠٠١٢ ٣٤٥٦"]
)
def test_groups_of_anything_else_are_refused(visitor: FlaskClient, typed: str) -> None:
    assert submit(visitor, "/", username="alice", number=typed).status_code == 422
    assert not numbers(page(visitor))


def test_reloading_after_sending_sends_nothing(visitor: FlaskClient) -> None:
    submit(visitor, "/", username="alice", number="00123456")
    page(visitor)
    assert numbers(page(visitor)) == ["00123456"]


def test_an_error_keeps_what_was_typed_and_says_what_to_do(visitor: FlaskClient) -> None:
    response = submit(visitor, "/", username="al ice", number="²²²²²²²²")
    assert response.status_code == 422
    form = BeautifulSoup(response.data, "html.parser")
    assert [field["value"] for field in form.select("#username, #number")] == ["al ice", "²²²²²²²²"]
    assert len(form.select(".invalid-feedback")) == 2
    assert not numbers(page(visitor))


@pytest.mark.parametrize("missing", ["username", "number"])
def test_a_missing_field_is_an_error_and_no_fault(visitor: FlaskClient, missing: str) -> None:
    fields = {"username": "alice", "number": "12345678"}
    del fields[missing]
    assert submit(visitor, "/", **fields).status_code == 422


def test_what_somebody_typed_is_never_markup(visitor: FlaskClient) -> None:
    response = submit(visitor, "/", username="<script>alert(1)</script>", number='"><img src=x>')
    assert "<script>alert" not in response.text
    assert "<img src=x" not in response.text


def test_a_form_sent_twice_makes_one_entry(visitor: FlaskClient) -> None:
    form = page(visitor)
    fields = {str(field["name"]): str(field["value"]) for field in form.select("form input[type=hidden]")}
    fields |= {"username": "alice", "number": "12345678"}
    assert [visitor.post("/", data=fields).status_code for _ in range(2)] == [303, 303]
    assert numbers(page(visitor)) == ["12345678"]


def test_a_form_of_another_site_is_refused_and_its_text_shown(visitor: FlaskClient) -> None:
    response = visitor.post("/", data={"username": "alice", "number": "12345678"})
    assert response.status_code == 400
    assert "12345678" in response.text
    assert not numbers(page(visitor))


def test_the_list_leads_to_older_entries_and_back(visitor: FlaskClient) -> None:
    for number in range(service.PAGE + 2):
        submit(visitor, "/", username="alice", number=f"{number:08}")
    first = page(visitor)
    older = page(visitor, "/" + str(first.select_one("a[rel=next]")["href"]))  # type: ignore[index]
    assert numbers(first) + numbers(older) == [f"{number:08}" for number in reversed(range(service.PAGE + 2))]
    assert older.select_one("form") is None


def test_one_persons_entries_have_a_page(visitor: FlaskClient) -> None:
    submit(visitor, "/", username="böb", number="00000001")
    submit(visitor, "/", username="alice", number="00000002")
    link = page(visitor).find("a", string="böb")
    assert numbers(page(visitor, str(link["href"]))) == ["00000001"]  # type: ignore[index]


@pytest.mark.parametrize("path", ["/entries/nobody", "/entries/%23attempts%201", "/entries/..", "/?before=x"])
def test_what_does_not_exist_is_not_found(visitor: FlaskClient, path: str) -> None:
    assert visitor.get(path).status_code == 404


def test_an_enormous_form_is_refused(visitor: FlaskClient) -> None:
    token = csrf_token(visitor, "/")
    fields = {"csrf_token": token, "username": "alice", "number": "1" * 100_000}
    assert visitor.post("/", data=fields).status_code == 413


def test_too_many_entries_keep_the_text_and_say_when_to_try_again(
    visitor: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "PER_ADDRESS", 1)
    submit(visitor, "/", username="alice", number="00000001")
    response = submit(visitor, "/", username="alice", number="00000002")
    assert response.status_code == 429
    assert int(response.headers["Retry-After"]) > 0
    assert 'value="00000002"' in response.text


def test_the_number_field_suits_a_phone_and_cuts_nothing_off(entries_app: Flask) -> None:
    field = page(entries_app.test_client()).select_one("#number")
    assert field is not None
    assert field["inputmode"] == "numeric"
    assert not field.has_attr("maxlength")
