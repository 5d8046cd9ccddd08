// A NOAH client in Node, its tokens made by the package jsonwebtoken. One question as JSON on stdin, one answer on stdout.
import crypto from "node:crypto";
import fs from "node:fs";
import http from "node:http";
import { createRequire } from "node:module";

const jwt = createRequire(import.meta.url)("jsonwebtoken");

// The claims and options that NOAH's page names; jsonwebtoken adds `iat`, and makes `exp` and `aud` of the options.
function token({ method, path, query, body }, key) {
  const claims = { method, path };
  if (query) claims.queryParams = Object.fromEntries(new URLSearchParams(query));
  if (body !== undefined) claims.bodyHash = crypto.createHash("sha256").update(body).digest("hex");
  return jwt.sign(claims, key, { algorithm: "ES384", audience: "https://api.noah.com", expiresIn: "5m" });
}

// Sends a request as one piece, or in chunks without a `Content-Length`.
function send({ base, api_key, key, path, query, body, signed, chunked }) {
  const url = new URL(base + path + (query ? `?${query}` : ""));
  const headers = { "X-Api-Key": api_key, "Content-Type": "application/json" };
  if (key) headers["Api-Signature"] = token({ method: "POST", path: url.pathname, query, body: signed ?? body }, key);
  if (!chunked) headers["Content-Length"] = Buffer.byteLength(body);
  return new Promise((resolve, reject) => {
    const request = http.request(url, { method: "POST", headers }, async (response) => {
      let text = "";
      for await (const piece of response.setEncoding("utf8")) text += piece;
      resolve({ status: response.statusCode, body: JSON.parse(text) });
    });
    request.on("error", reject);
    const pieces = chunked ? body.match(/.{1,64}/gsu) : [body];
    pieces.forEach((piece) => request.write(piece));
    request.end();
  });
}

const question = JSON.parse(fs.readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(await send(question)));
