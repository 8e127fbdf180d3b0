"""Files in the API: sent by themselves or in a form, described as JSON, read as they are, deleted when unused."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, g, request, url_for
from flask.typing import ResponseReturnValue

from app import db
from app.api.answers import answer
from app.api.operations import BYTES, Argument, Section, operation
from app.files import service, serving
from app.files.api_models import File, FileName, file_json
from app.files.views import receive
from app.ids import ID_SCHEMA
from app.web.access import token
from app.web.cookies import csrf
from app.work_limits import limit_work

blueprint = Blueprint("files_api", __name__, url_prefix="/api/v1/files")
csrf.exempt(blueprint)  # a browser never sends a token by itself

FILE = "/<id:file_id>"
FILES = Section(
    "Files",
    "Pictures and other files that texts mention. A content is there once for each account, however often it is sent."
    " A file stays for as long as a note, one of its earlier versions or the trash mentions it, and thirty days more.",
    {"file_id": Argument("The id of the file.", 887654321098765, ID_SCHEMA)},
)


@blueprint.before_request  # the token was looked at before
def _allow_file() -> None:
    request.max_content_length = current_app.config["MAX_CONTENT_LENGTH"] + service.largest()


@blueprint.post("")
@token("write")
@limit_work("save")
@operation(
    "Send a file",
    {201: File},
    section=FILES,
    result="The file was stored, or was there already.",
    description=(
        "The body is the file, of any type, and `name` what it is called; or send a form (`multipart/form-data`) with"
        " the file in its part `file`. Write `markdown` of the answer into the text of a note."
    ),
    query=FileName,
    sends_bytes=True,
    idempotency_key=True,
    location=True,
    errors={
        403: "The token has the scope `read` only, the account is suspended, or a scan found malware in this content.",
        409: "The same content is just being deleted, and nothing was done; send it again in some minutes.",
        413: "The file is larger than a file may be.",
        422: "The file is empty, the account's files are too large together, or the key came with another file before.",
    },
)
def send_file(query: FileName, key: str | None) -> ResponseReturnValue:  # noqa: ARG001  # `receive` reads the name
    sent = receive(g.account.id, key)
    return answer(file_json(sent), 201, location=url_for("files_api.get_file", file_id=sent.id))


@blueprint.get(FILE)
@token("read")
@operation(
    "Describe a file",
    {200: File},
    section=FILES,
    result="What is known of the file.",
    description="Its content has an address of its own.",
)
def get_file(file_id: int) -> ResponseReturnValue:
    return answer(file_json(service.get(g.account.id, file_id)))


@blueprint.get(FILE + "/content")
@token("read")
@operation(
    "Read the content of a file",
    {200: None},
    section=FILES,
    result="The bytes of the file.",
    description="`Range` and `If-Range` get a part of it, as RFC 9110 says, and `If-None-Match` spares the rest.",
    produces=BYTES,
    errors={403: "The account is suspended, or a scan found malware in the file: nobody is given it."},
)
def get_content(file_id: int) -> ResponseReturnValue:
    found = service.get(g.account.id, file_id)
    db.release()  # whoever reads slowly holds no connection
    response = serving.answer(found, request.method, dict(request.headers), as_download=True)
    response.headers["Content-Type"] = BYTES
    return response


@blueprint.delete(FILE)
@token("write")
@operation(
    "Delete a file",
    {204: None},
    section=FILES,
    result="The file and its content are gone.",
    description="What no note mentions goes by itself after thirty days.",
    errors={409: "A note mentions it, or did so in an earlier version: it goes with that note."},
)
def delete_file(file_id: int) -> ResponseReturnValue:
    service.remove(g.account.id, file_id)
    return Response(status=204)
