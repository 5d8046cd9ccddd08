"""What Schemathesis cannot know from a spec: how requests are signed, and the facts that no schema says.

The environment variable `SANDBOX` holds what a client is given, as JSON: `api` is `noah` or `worldline`, with `api_key` and
perhaps `private_key`, or with `endpoint`, `merchant_id`, `api_key_id` and `secret_api_key`.

Facts take the place of values that conform to the schema and of what it leaves optional, never of a value that breaks it. So what
conforms is to be accepted, and no check has to be told to be content with 400; and what does not conform is refused for
just that, and for no other reason that would hide it.
"""

import base64
import email.utils
import hashlib
import hmac
import json
import os
import random
import re
import time
import urllib.parse
from decimal import Decimal

import jwt
import requests
import schemathesis
from requests.auth import AuthBase
from schemathesis.core.parameters import ParameterLocation

SANDBOX = json.loads(os.environ["SANDBOX"])


IDEMPOTENCE_KEY = "X-GCS-Idempotence-Key"
PRODUCT = "paymentProductId"

# Signatures.


class NoahToken(AuthBase):
    """The API key, and the token over the request if the key has a public key."""

    def __call__(self, request):
        request.headers["X-Api-Key"] = SANDBOX["api_key"]
        if "private_key" in SANDBOX:
            request.headers["Api-Signature"] = self.token(request)
        return request

    def token(self, request):
        url = urllib.parse.urlsplit(request.url)
        body = as_bytes(request.body or b"")
        now = int(time.time())
        claims = {
            "aud": "https://api.noah.com",
            "iat": now,
            "exp": now + 300,
            "method": request.method,
            "path": url.path,
        }
        if url.query:
            claims["queryParams"] = dict(urllib.parse.parse_qsl(url.query, keep_blank_values=True))
        if body:
            claims["bodyHash"] = hashlib.sha256(body).hexdigest()
        return jwt.encode(claims, SANDBOX["private_key"], algorithm="ES384")


class ConnectSignature(AuthBase):
    """`GCS v1HMAC` over the request, with the headers that every server request carries."""

    META_INFO = base64.b64encode(
        json.dumps({"platformIdentifier": "Python", "sdkIdentifier": "none", "integrator": "Sandbox"}).encode()
    ).decode()

    def __call__(self, request):
        request.headers["Date"] = email.utils.formatdate(usegmt=True)
        request.headers["X-GCS-ServerMetaInfo"] = self.META_INFO
        signature = hmac.new(SANDBOX["secret_api_key"].encode(), self.signed(request), hashlib.sha256).digest()
        credentials = f"{SANDBOX['api_key_id']}:{base64.b64encode(signature).decode()}"
        request.headers["Authorization"] = f"GCS v1HMAC:{credentials}"
        return request

    @staticmethod
    def signed(request):
        url = urllib.parse.urlsplit(request.url)
        headers = {as_bytes(name).lower(): as_bytes(value).strip() for name, value in request.headers.items()}
        lines = [request.method.encode(), headers.get(b"content-type", b""), headers[b"date"]]
        lines += [name + b":" + value for name, value in sorted(headers.items()) if name.startswith(b"x-gcs")]
        lines.append((url.path + ("?" + url.query if url.query else "")).encode())
        return b"".join(line + b"\n" for line in lines)


class ClientSession(AuthBase):
    """`GCS v1Client`: the session that opens the Client API."""

    def __init__(self, session):
        self.session = session

    def __call__(self, request):
        request.headers["Authorization"] = f"GCS v1Client:{self.session['clientSessionId']}"
        return request


def as_bytes(text):
    return text if isinstance(text, bytes) else text.encode()


def open_client_session():
    url = f"{SANDBOX['endpoint']}/v1/{SANDBOX['merchant_id']}/sessions"
    answer = requests.post(url, json={}, auth=ConnectSignature(), timeout=10)
    answer.raise_for_status()
    return answer.json()


# Facts.

RANDOM = random.Random(302)
SENT = set()
PERSON = {
    "FullName": {"FirstName": "Ada", "LastName": "Example"},
    "DateOfBirth": "1990-12-10",
    "Identities": [],
    "PrimaryResidence": {
        "Street": "1 Sample Street",
        "City": "Springfield",
        "PostCode": "62701",
        "State": "IL",
        "Country": "US",
    },
}


def fresh(key, first, last):
    """The key of a request, or another as long if it was sent before: a key belongs to one body."""
    for _ in range(100):
        if key not in SENT:
            break
        key = "".join(chr(RANDOM.randint(ord(first), ord(last))) for _ in key)
    SENT.add(key)
    return key


def is_decimal(value):
    return isinstance(value, str) and re.fullmatch(r"[+]?([.][0-9]+|[0-9]+[.]?[0-9]*)", value)


def noah_facts(path, body):
    """A customer, what the account may use in the sandbox, and amounts that hold together."""
    if "Customer" not in body:
        body["Customer"] = PERSON if path.endswith("/sell") else {"Type": "Individual", **PERSON}
    nonce = body.get("Nonce")
    if isinstance(nonce, str) and 1 <= len(nonce) <= 36:
        body["Nonce"] = fresh(nonce, "\u4e00", "\u9fff")
    crypto, fiat, category = (body.get(name) for name in ("CryptoCurrency", "FiatCurrency", "PaymentMethodCategory"))
    if isinstance(crypto, str):
        body["CryptoCurrency"] = "USDC_TEST" if len(crypto) % 2 else "BTC_TEST"
    if isinstance(fiat, str) and not re.fullmatch("[A-Z]{3}", fiat):
        body["FiatCurrency"] = "EUR"
    if isinstance(category, str) and category not in ("Bank", "Card", "Identifier"):
        body["PaymentMethodCategory"] = "Bank"
    amounts = body.get("CryptoAuthorizedAmount"), body.get("FiatAmount")
    if all(map(is_decimal, amounts)) and Decimal(amounts[0]) < Decimal(amounts[1]):
        body["CryptoAuthorizedAmount"] = "9" * 38
    items = body.get("LineItems")
    for item in items if isinstance(items, list) else []:
        if isinstance(item, dict) and is_decimal(item.get("Quantity")) and not Decimal(item["Quantity"]):
            item["Quantity"] = "1"


def apple_pay_facts(path, body):
    """Product 302 needs its input, and asks nobody but Apple for a session."""
    if not path.endswith("/{paymentProductId}/sessions"):
        return
    given = body.setdefault("paymentProductSession302SpecificInput", {})
    if not isinstance(given, dict):
        return
    facts = {
        "domainName": "shop.example",
        "validationUrl": "https://apple-pay-gateway.apple.com/paymentservices/startSession",
    }
    for name, fact in facts.items():
        if isinstance(given.get(name, ""), str):
            given[name] = fact


def conforms(case, location):
    return case.meta is not None and not case.meta.is_negative_at(location)


@schemathesis.hook
def before_call(context, case, kwargs):
    """Gives the facts."""
    if isinstance(case.body, dict):
        FACTS(case.operation.path, case.body)
    if conforms(case, ParameterLocation.HEADER) and IDEMPOTENCE_KEY in (case.headers or {}):
        case.headers[IDEMPOTENCE_KEY] = fresh(case.headers[IDEMPOTENCE_KEY], "!", "~")
    if conforms(case, ParameterLocation.PATH):
        for name, fact in PATHS.items():
            if name in case.path_parameters:
                case.path_parameters[name] = fact
        # Some ask for the session of another product, which has none.
        if int(case.path_parameters.get(PRODUCT, 0)) % 4:
            case.path_parameters[PRODUCT] = 302


@schemathesis.check
def refused_for_what_is_wrong(ctx, response, case):
    """NOAH calls a fault of the schema so. Another reason would mean that the fault was not noticed."""
    if SANDBOX["api"] == "noah" and response.status_code == 400 and not conforms(case, ParameterLocation.BODY):
        reasons = [fault["Reason"] for fault in response.json().get("RequestExtension", {}).get("Body", [])]
        assert all(reason == "SchemaValidation" for reason in reasons), f"refused for {reasons}"


if SANDBOX["api"] == "noah":
    PATHS = {}
    FACTS = noah_facts
    schemathesis.auth.set_from_requests(NoahToken())
else:
    FACTS = apple_pay_facts
    CLIENT_SESSION = open_client_session()
    PATHS = {"merchantId": SANDBOX["merchant_id"], "customerId": CLIENT_SESSION["customerId"]}
    schemathesis.auth.set_from_requests(ConnectSignature()).apply_to(path_regex="^/v1/")
    schemathesis.auth.set_from_requests(ClientSession(CLIENT_SESSION)).apply_to(path_regex="^/client/")
