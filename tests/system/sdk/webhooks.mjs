// Deliveries verified by the libraries of Standard Webhooks and of Svix: input [{"secret","headers","body"}] with bodies
// in base64, output for each {"standard","svix"}: what the library read, or why it refuses.
import {readFileSync} from 'node:fs';
import {createRequire} from 'node:module';

const packages = createRequire(`${process.env.SDK_PACKAGES}/`);
const {Webhook: StandardWebhook} = packages('standardwebhooks');
const {Webhook: SvixWebhook} = packages('svix');

function read(library, secret, body, headers) {
  try {
    return {payload: new library(secret).verify(body, headers)};
  } catch (error) {
    return {refused: error.message};
  }
}

const given = JSON.parse(readFileSync(0, 'utf8'));
console.log(JSON.stringify(given.map(({secret, headers, body}) => {
  const text = Buffer.from(body, 'base64').toString();
  // Each sees its own names alone: Svix' library takes those of Standard Webhooks, too.
  const only = (prefix) => Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith(prefix)));
  return {standard: read(StandardWebhook, secret, text, only('webhook-')), svix: read(SvixWebhook, secret, text, only('svix-'))};
})));
