"""PyJWT over pyca/cryptography. One question as JSON on stdin, one answer as JSON on stdout."""

import json
import sys

import jwt


def verify_token(token, public_key, algorithm, now):
    """Header and claims of a token, or the name of what is wrong with it. Times are checked against `now`."""
    try:
        claims = jwt.decode(
            token,
            public_key,
            algorithms=[algorithm],
            audience="https://api.noah.com",
            options={"require": ["aud", "iat", "exp"], "verify_exp": False, "verify_iat": False},
        )
    except jwt.PyJWTError as error:
        return {"refused": type(error).__name__}
    in_time = claims["iat"] <= now < claims["exp"]
    return {"header": jwt.get_unverified_header(token), "claims": claims, "in_time": in_time}


def sign_token(claims, private_key, algorithm):
    """The claims as a token."""
    return jwt.encode(claims, private_key, algorithm=algorithm)


OPERATIONS = {"verifyToken": verify_token, "signToken": sign_token}

question = json.load(sys.stdin)
operation = OPERATIONS[question.pop("operation")]
json.dump(operation(**question), sys.stdout)
