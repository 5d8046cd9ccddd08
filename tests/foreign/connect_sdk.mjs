// Worldline Connect's own server SDK for Node. One question as JSON on stdin, one answer as JSON on stdout.
import fs from "node:fs";
import { createRequire } from "node:module";

const sdk = createRequire(import.meta.url)("connect-sdk-nodejs");

const { operation, endpoint, merchant, key, secret, product, body, idempotence } = JSON.parse(fs.readFileSync(0, "utf8"));
const { hostname: host, port } = new URL(endpoint);
const client = sdk.init({
  host,
  scheme: "http",
  port: Number(port),
  integrator: "Sandbox shop",
  apiKeyId: key,
  secretApiKey: secret,
});
const context = idempotence ? { idempotence: { key: idempotence } } : {};
const operations = {
  testconnection: () => client.v1.services.testconnection(merchant, context),
  createSession: () => client.v1.sessions.create(merchant, body, context),
  productSession: () => client.v1.products.sessions(merchant, product, body, context),
};
const { status, body: answer } = await operations[operation]();
const first = context.idempotence?.requestTimestamp ?? null;
process.stdout.write(JSON.stringify({ status, body: answer, first: first && Number(first) }));
