"""Worldline Connect's own server SDK for Python. One question as JSON on stdin, one answer as JSON on stdout."""

import json
import sys

from worldline.connect.sdk.call_context import CallContext
from worldline.connect.sdk.communicator_configuration import CommunicatorConfiguration
from worldline.connect.sdk.factory import Factory
from worldline.connect.sdk.v1.api_exception import ApiException
from worldline.connect.sdk.v1.domain.create_payment_product_session_request import CreatePaymentProductSessionRequest
from worldline.connect.sdk.v1.domain.session_request import SessionRequest


def connect(endpoint, key, secret):
    return Factory.create_client_from_configuration(
        CommunicatorConfiguration(
            api_endpoint=endpoint,
            api_key_id=key,
            secret_api_key=secret,
            authorization_type="v1HMAC",
            connect_timeout=10,
            socket_timeout=10,
            max_connections=1,
            integrator="Sandbox shop",
        )
    )


def answer(question):
    context = CallContext(question.get("idempotence"))
    with connect(question["endpoint"], question["key"], question["secret"]) as client:
        merchant = client.v1().merchant(question["merchant"])
        operations = {
            "testconnection": lambda: merchant.services().testconnection(context),
            "createSession": lambda: merchant.sessions().create(
                SessionRequest().from_dictionary(question["body"]), context
            ),
            "productSession": lambda: merchant.products().sessions(
                question["product"], CreatePaymentProductSessionRequest().from_dictionary(question["body"]), context
            ),
        }
        try:
            status, body = 200, operations[question["operation"]]().to_dictionary()
        except ApiException as error:
            status, body = error.status_code, json.loads(error.response_body)
    first = context.idempotence_request_timestamp
    return {"status": status, "body": body, "first": first and int(first)}


json.dump(answer(json.load(sys.stdin)), sys.stdout)
