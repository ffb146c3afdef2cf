// A client that knows nothing of Certes: the CloudEvents SDK for JavaScript makes events and publishes them in every
// mode, or reads what Certes delivered.
//   node cloudevents.mjs send < {"url","key","prefix"}    → [{"mode","status","answer","event"}]
//   node cloudevents.mjs read < [{"headers","body"}]      → [event], bodies in base64
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

// Packages are not beside this file: the caller says where.
const { CloudEvent, HTTP } = createRequire(`${process.env.SDK_PACKAGES}/`)("cloudevents");

const input = JSON.parse(readFileSync(0, "utf8"));

function events(prefix, mode) {
  const of = (id, more) => new CloudEvent({ id: `${prefix}-${mode}-${id}`, source: "/sdk/js", type: `sdk.js.${mode}`, ...more });
  return [
    of("object", { subject: "an-object", time: "2026-01-31T08:00:00.000Z", dataschema: "https://example.com/schema", myext: "extension", data: { a: [1, 2.5, "ä", null, true] } }),
    of("text", { datacontenttype: "text/plain", data: "just text: ä€😀" }),
    of("key", { partitionkey: "k-1", datacontenttype: "application/json", data: { n: 1 } }),
  ];
}

async function post(url, key, headers, body) {
  const answer = await fetch(url, { method: "POST", headers: { ...headers, authorization: `Bearer ${key}` }, body });
  return { status: answer.status, answer: await answer.json() };
}

async function send({ url, key, prefix }) {
  const results = [];
  for (const mode of ["binary", "structured"]) {
    for (const event of events(prefix, mode)) {
      const message = HTTP[mode](event);
      results.push({ mode, event: event.toJSON(), ...(await post(url, key, message.headers, message.body)) });
    }
  }
  const batch = events(prefix, "batch").map((event) => event.toJSON());
  results.push({ mode: "batch", event: batch, ...(await post(url, key, { "content-type": "application/cloudevents-batch+json" }, JSON.stringify(batch))) });
  return results;
}

function read(messages) {
  return messages.map(({ headers, body }) => HTTP.toEvent({ headers, body: Buffer.from(body, "base64").toString() }).toJSON());
}

console.log(JSON.stringify(process.argv[2] === "send" ? await send(input) : read(input)));
