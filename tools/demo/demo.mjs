// The demonstration's receiver and sender: declares a source and two subscriptions with `certes apply`, sends GitHub's
// example payloads signed as GitHub signs them, and verifies every delivery with the Standard Webhooks library.
import { execFileSync } from "node:child_process";
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { join } from "node:path";

const { CERTES, PACKAGES, SCRATCH } = process.env;
const ports = JSON.parse(process.env.PORTS);
const load = createRequire(join(PACKAGES, "package.json"));
const shown = 12;

function examples() {
  try {
    return load("@octokit/webhooks-examples").flatMap(({ name, examples }) => examples.map((payload) => ({ name, payload })));
  } catch {
    console.log("GitHub's examples are not here: one built-in event is sent.");
    return [{ name: "issues", payload: { action: "opened", issue: { title: "A built-in event" } } }];
  }
}

function verifier(secret) {
  try {
    const { Webhook } = load("standardwebhooks");
    const webhook = new Webhook(secret);
    return { by: "the standardwebhooks library", check: (body, headers) => webhook.verify(body, headers) };
  } catch {
    const key = Buffer.from(secret.slice("whsec_".length), "base64");
    return {
      by: "Node's own HMAC (the standardwebhooks library is not here)",
      check: (body, headers) => {
        const signed = `${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`;
        const expected = Buffer.from("v1," + createHmac("sha256", key).update(signed).digest("base64"));
        const got = Buffer.from(headers["webhook-signature"]);
        if (got.length !== expected.length || !timingSafeEqual(got, expected)) throw new Error("signature does not verify");
      },
    };
  }
}

const webhookSecret = randomBytes(24).toString("hex");
const secrets = { oncall: "whsec_" + randomBytes(32).toString("base64"), archive: "whsec_" + randomBytes(32).toString("base64") };
const verifiers = Object.fromEntries(Object.entries(secrets).map(([name, secret]) => [name, verifier(secret)]));
const counts = { oncall: 0, archive: 0 };
let bad = 0;

const server = createServer((request, response) => {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    const name = request.url.slice(1);
    try {
      verifiers[name].check(Buffer.concat(chunks).toString("utf8"), request.headers);
      counts[name] += 1;
      const total = counts.oncall + counts.archive;
      if (total <= shown) console.log(`  ${name.padEnd(8)} ${request.headers["ce-type"].padEnd(45)} verified`);
      if (total === shown + 1) console.log("  …");
      response.writeHead(204).end();
    } catch (error) {
      bad += 1;
      console.log(`  ${name}: ${error.message}`);
      response.writeHead(401).end();
    }
  });
});
server.listen(0, "127.0.0.1");
await once(server, "listening");
const base = `http://127.0.0.1:${server.address().port}`;

const declarations = join(SCRATCH, "demo.toml");
writeFileSync(declarations, `[[sources]]
id = "github"
verify = { scheme = "github", secret = "\${GITHUB_WEBHOOK_SECRET}" }

[[endpoints]]
id = "oncall"
url = "${base}/oncall"
secret = "\${ONCALL_SECRET}"

[[endpoints]]
id = "archive"
url = "${base}/archive"
secret = "\${ARCHIVE_SECRET}"

[[subscriptions]]
id = "oncall-issues"
endpoint = "oncall"
pattern = "github.issues.#"
priority = "critical"

[[subscriptions]]
id = "archive-all"
endpoint = "archive"
pattern = "github.#"
priority = "low"
`);
console.log("\ncertes apply demo.toml");
process.stdout.write(execFileSync(CERTES, ["apply", declarations], {
  env: { ...process.env, CERTES_URL: `http://${ports.api}`, GITHUB_WEBHOOK_SECRET: webhookSecret, ONCALL_SECRET: secrets.oncall, ARCHIVE_SECRET: secrets.archive },
}));

const events = examples();
const run = randomBytes(4).toString("hex");
let critical = 0;
console.log(`\nSending ${events.length === 1 ? "a built-in webhook" : `${events.length} of GitHub's webhooks`}; each delivery is verified by ${verifiers.oncall.by}:`);
for (const [n, { name, payload }] of events.entries()) {
  const body = JSON.stringify(payload);
  if (name === "issues") critical += 1;
  const answer = await fetch(`http://${ports.gateway}/events/github`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "x-github-event": name,
      "x-github-delivery": `${run}-${n}`,
      "x-hub-signature-256": "sha256=" + createHmac("sha256", webhookSecret).update(body).digest("hex"),
    },
    body,
  });
  if (answer.status !== 202) {
    console.error(`refused: ${answer.status} ${await answer.text()}`);
    process.exit(1);
  }
}

const deadline = Date.now() + 30_000;
while (counts.archive < events.length || counts.oncall < critical) {
  if (Date.now() > deadline || bad > 0) {
    console.error(`not all was delivered: ${JSON.stringify({ counts, events: events.length, critical, bad })}`);
    process.exit(1);
  }
  await new Promise((resolve) => setTimeout(resolve, 20));
}
console.log(`\n${events.length} webhooks accepted; ${counts.archive} delivered to archive (low), ${counts.oncall} to oncall (critical); all signatures verified.`);
server.close();
server.closeAllConnections();
