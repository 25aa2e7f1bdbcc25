"""GeoReport v2 under /open311/v2: its own addresses, forms and errors, beside the API."""

from __future__ import annotations

from flask import Blueprint, Response, request
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException

from backend.kit.auth import Caller, Role
from backend.kit.db import BOOKS_UNAVAILABLE
from backend.kit.http.idempotency import once
from backend.tickets.classes import book
from backend.tickets.open311 import answers, service
from backend.tickets.open311.asked import SERVICE_UNKNOWN, district_of, fields_of, report_of, wanted_of
from points.errors import Category, Refused, kind

FORM_NEEDED = kind(
    "open311_form_needed",
    Category.UNSUPPORTED,
    zh="请以 application/x-www-form-urlencoded 提交。",
    en="POST a form: application/x-www-form-urlencoded.",
)
NO_SUCH_PATH = kind(
    "open311_no_such_path",
    Category.NOT_FOUND,
    zh="没有这个地址；请以 .json 或 .xml 结尾。",
    en="There is nothing at this address; they end in .json or .xml.",
)
open311 = Blueprint("open311", __name__, url_prefix="/open311/v2")


@open311.get("/services.<any(json,xml):form>")
def list_services(form: str) -> Response:
    """What can be reported."""
    district_of(fields_of(request.args))
    return answers.listed("services", "service", service.services(), form)


@open311.get("/services/<code>.<any(json,xml):form>")
def define_service(code: str, form: str) -> Response:
    """The further questions of one service."""
    district_of(fields_of(request.args))
    found = book().class_coded(code)
    if found is None:
        raise SERVICE_UNKNOWN()
    return answers.one("service_definition", service.definition(found), form)


@open311.post("/requests.<any(json,xml):form>")
def post_request(form: str) -> Response:
    """A partner reports. An Idempotency-Key (UUIDv7) is welcome, and answers a repetition with the first answer."""
    request.get_data(cache=True)  # kept for the hash of the content, before the form is read from it
    if request.mimetype != "application/x-www-form-urlencoded":
        raise FORM_NEEDED()
    fields = fields_of(request.form)
    district = district_of(fields) if "jurisdiction_id" in fields else None
    poster = service.partner(district, fields.get("api_key"))
    report = report_of(poster.district, fields)

    def work() -> Response:
        return answers.listed("service_requests", "request", [service.post(poster, report)], form)

    if "Idempotency-Key" not in request.headers:
        return work()
    caller = Caller("partner", poster.id, poster.district, frozenset({Role.PARTNER}))
    response = once(caller, work, lambda: None)
    response.content_type = answers.FORMS[form]
    return response


@open311.get("/tokens/<token>.<any(json,xml):form>")
def find_token(token: str, form: str) -> Response:
    """The id of the request behind a token."""
    found = service.request_of_token(district_of(fields_of(request.args)), token)
    return answers.listed("service_requests", "request", [found], form)


@open311.get("/requests/<identifier>.<any(json,xml):form>")
def see_request(identifier: str, form: str) -> Response:
    """One request."""
    found = service.request_of(district_of(fields_of(request.args)), identifier)
    return answers.listed("service_requests", "request", [found], form)


@open311.get("/requests.<any(json,xml):form>")
def list_requests(form: str) -> Response:
    """The requests of a period, newest first."""
    fields = fields_of(request.args)
    found = service.requests(district_of(fields), wanted_of(fields))
    return answers.listed("service_requests", "request", found, form)


@open311.route("/", defaults={"rest": ""}, methods=["GET", "POST", "PUT", "DELETE"])
@open311.route("/<path:rest>", methods=["GET", "POST", "PUT", "DELETE"])
def nothing_here(rest: str) -> Response:
    """Every other address."""
    raise NO_SUCH_PATH()


@open311.errorhandler(Refused)
def _refused(refused: Refused) -> Response:
    return answers.refusal(refused)


@open311.errorhandler(OperationalError)
def _books_down(_: OperationalError) -> Response:
    return answers.refusal(BOOKS_UNAVAILABLE())


@open311.errorhandler(HTTPException)
def _http(error: HTTPException) -> Response:
    return answers.error(error.code or 400, error.description or error.name)
