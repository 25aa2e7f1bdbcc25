"""The edge of the service: how requests are read, answered, documented and repeated."""

from backend.kit.http.api import Api
from backend.kit.http.endpoint import Endpoints
from backend.kit.http.pages import Page, PageQuery, page_of, page_schema
from backend.kit.http.shapes import Answer, Body, Query

__all__ = ["Answer", "Api", "Body", "Endpoints", "Page", "PageQuery", "Query", "page_of", "page_schema"]
