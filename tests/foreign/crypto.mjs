// Node's own cryptography, which is OpenSSL behind an interface of its own. One question as JSON on stdin, one answer
// as JSON on stdout.
import crypto from "node:crypto";
import fs from "node:fs";

const operations = {
  // A compact JWS under a public key: its header and claims, or `null` if the signature does not hold.
  verifyToken({ token, publicKey, hash }) {
    const [header, claims, signature] = token.split(".");
    const holds = crypto
      .createVerify(hash)
      .update(`${header}.${claims}`)
      .verify({ key: publicKey, dsaEncoding: "ieee-p1363" }, Buffer.from(signature, "base64url"));
    const read = (part) => JSON.parse(Buffer.from(part, "base64url").toString("utf8"));
    return holds ? { header: read(header), claims: read(claims) } : null;
  },

  // Header and claims as a compact JWS.
  signToken({ header, claims, privateKey, hash }) {
    const write = (part) => Buffer.from(JSON.stringify(part)).toString("base64url");
    const signed = `${write(header)}.${write(claims)}`;
    const signature = crypto.createSign(hash).update(signed).sign({ key: privateKey, dsaEncoding: "ieee-p1363" });
    return `${signed}.${signature.toString("base64url")}`;
  },

  // A webhook's signature: DER in base64.
  signWebhook({ body, privateKey }) {
    return crypto.createSign("SHA384").update(body).sign({ key: privateKey, dsaEncoding: "der" }).toString("base64");
  },

  // Whether a webhook's signature holds.
  verifyWebhook({ body, signature, publicKey }) {
    return crypto.createVerify("SHA384").update(body).verify(publicKey, signature, "base64");
  },

  // The `Authorization` of a Worldline Connect server request, after the vendor's description.
  authorizeConnect({ method, path, headers, apiKeyId, secret }) {
    const own = Object.keys(headers)
      .filter((name) => name.toLowerCase().startsWith("x-gcs-"))
      .map((name) => [name.toLowerCase(), headers[name].replace(/\r?\n[ \t]*/g, " ").trim()])
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) => `${name}:${value}\n`);
    const text = `${method}\n${headers["content-type"] ?? ""}\n${headers["date"]}\n${own.join("")}${path}\n`;
    return `GCS v1HMAC:${apiKeyId}:${crypto.createHmac("sha256", secret).update(text).digest("base64")}`;
  },

  // HMAC-SHA256 in base64.
  hmac({ text, secret }) {
    return crypto.createHmac("sha256", secret).update(text).digest("base64");
  },
};

const { operation, ...question } = JSON.parse(fs.readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(operations[operation](question)));
