"""A NOAH client of PyJWT and the standard library. One question as JSON on stdin, one answer as JSON on stdout."""

import hashlib
import http.client
import json
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

import jwt


def token(path, query, body, key):
    now = int(time.time())
    claims = {
        "aud": "https://api.noah.com",
        "iat": now,
        "exp": now + 300,
        "method": "POST",
        "path": path,
        "bodyHash": hashlib.sha256(body.encode()).hexdigest(),
    }
    if query:
        claims["queryParams"] = dict(urllib.parse.parse_qsl(query))
    return jwt.encode(claims, key, algorithm="ES384")


def send(base, api_key, path, body, key=None, query=None, signed=None, chunked=False):
    """Sends a request by urllib; in chunks, without a `Content-Length`, by http.client."""
    url = urllib.parse.urlsplit(base + path)
    headers = {"X-Api-Key": api_key, "Content-Type": "application/json"}
    if key:
        headers["Api-Signature"] = token(url.path, query, signed or body, key)
    target = url.path + (f"?{query}" if query else "")
    if chunked:
        connection = http.client.HTTPConnection(url.netloc)
        data = body.encode()
        pieces = iter([data[: len(data) // 2], data[len(data) // 2 :]])
        connection.request("POST", target, pieces, headers, encode_chunked=True)
        response = connection.getresponse()
        return {"status": response.status, "body": json.load(response)}
    request = urllib.request.Request(f"http://{url.netloc}{target}", body.encode(), headers, method="POST")
    # No proxy stands between this machine and itself.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request) as response:
            return {"status": response.status, "body": json.load(response)}
    except urllib.error.HTTPError as error:
        return {"status": error.code, "body": json.load(error)}


json.dump(send(**json.load(sys.stdin)), sys.stdout)
