"""What Schemathesis cannot know from a spec: how requests are signed, and the facts that no schema says.

The environment variable `SANDBOX` holds what a client is given, as JSON: `api` is `noah` or `worldline`, with `api_key` and
perhaps `private_key`, or with `endpoint`, `merchant_id`, `api_key_id` and `secret_api_key`.

Facts are given to conforming requests alone, so that those are to be accepted, and no check has to be told to be content with
400. Requests that break the schema go out as they were generated.
"""

import base64
import email.utils
import hashlib
import hmac
import json
import os
import time
import urllib.parse
import uuid

import jwt
import requests
import schemathesis
from requests.auth import AuthBase
from schemathesis.core.parameters import ParameterLocation

SANDBOX = json.loads(os.environ["SANDBOX"])


IDEMPOTENCE_KEY = "X-GCS-Idempotence-Key"

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


def noah_facts(body):
    """What the account may use in the sandbox, and amounts that hold together (operations, `FiatCurrencyCode`, `LineItem`)."""
    if "Nonce" in body:
        # A Nonce belongs to one body, and examples bring the same one every time.
        body["Nonce"] = str(uuid.uuid4())
    if "CryptoCurrency" in body:
        body["CryptoCurrency"] = "USDC_TEST" if len(body["CryptoCurrency"]) % 2 else "BTC_TEST"
    if "FiatCurrency" in body:
        body["FiatCurrency"] = "EUR"
    if body.get("PaymentMethodCategory") not in (None, "Bank", "Card", "Identifier"):
        body["PaymentMethodCategory"] = "Bank"
    if "CryptoAuthorizedAmount" in body:
        body["CryptoAuthorizedAmount"] = "9" * 38
    for item in body.get("LineItems", []):
        if not item["Quantity"].strip("+0."):
            item["Quantity"] = "1"


def apple_pay_facts(body):
    """Product 302 needs its input, and asks nobody but Apple for a session."""
    given = body.setdefault("paymentProductSession302SpecificInput", {})
    given["domainName"] = "shop.example"
    given["validationUrl"] = "https://apple-pay-gateway.apple.com/paymentservices/startSession"


def conforms(case, location):
    return case.meta is not None and not case.meta.is_negative_at(location)


@schemathesis.hook
def before_call(context, case, kwargs):
    """Gives the facts to what conforms."""
    if conforms(case, ParameterLocation.BODY) and isinstance(case.body, dict):
        if SANDBOX["api"] == "noah":
            noah_facts(case.body)
        elif "products" in case.operation.path:
            apple_pay_facts(case.body)
    if conforms(case, ParameterLocation.HEADER) and IDEMPOTENCE_KEY in (case.headers or {}):
        case.headers[IDEMPOTENCE_KEY] = str(uuid.uuid4())
    if conforms(case, ParameterLocation.PATH):
        for name, fact in PATHS.items():
            if name in case.path_parameters:
                case.path_parameters[name] = fact


if SANDBOX["api"] == "noah":
    PATHS = {}
    schemathesis.auth.set_from_requests(NoahToken())
else:
    CLIENT_SESSION = open_client_session()
    PATHS = {"merchantId": SANDBOX["merchant_id"], "customerId": CLIENT_SESSION["customerId"], "paymentProductId": "302"}
    schemathesis.auth.set_from_requests(ConnectSignature()).apply_to(path_regex="^/v1/")
    schemathesis.auth.set_from_requests(ClientSession(CLIENT_SESSION)).apply_to(path_regex="^/client/")
