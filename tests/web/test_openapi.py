"""The answers agree with the description of the API for any request."""

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from live_server import make_dispatcher, served
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

CHECKS = [not_a_server_error, content_type_conformance, response_schema_conformance, status_code_conformance]
POSTS = ["poems", "revise", "plan", "verify", "check", "why", "nearest"]
ROUTES = ["/healthz", "/v1/info", *(f"/v1/{name}" for name in POSTS)]


@pytest.fixture(scope="module")
def operations(small_model):
    with served(make_dispatcher(small_model)) as port:
        schema = schemathesis.openapi.from_url(f"http://127.0.0.1:{port}/openapi.json")
        found = [operation.ok() for operation in schema.get_all_operations()]
        yield {operation.path: operation for operation in found}


@pytest.mark.parametrize("route", ROUTES)
def test_the_api_is_as_it_is_told(operations, route):
    assert set(operations) == set(ROUTES)

    @seed(20)
    @settings(
        max_examples=12, phases=[Phase.generate], suppress_health_check=list(HealthCheck), database=None
    )
    @given(case=operations[route].as_strategy())
    def holds(case):
        case.call_and_validate(checks=CHECKS)

    holds()
