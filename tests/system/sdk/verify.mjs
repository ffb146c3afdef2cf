// A receiver as one would write it with the providers' own libraries: it knows nothing of Certes. /stripe, /github,
// /shopify and /slack verify what is posted to them; each receipt is a line of JSON. First line: {"port"}.
import {createServer} from 'node:http';
import {verify} from '@octokit/webhooks-methods';
import '@shopify/shopify-api/adapters/node';
import {ApiVersion, shopifyApi} from '@shopify/shopify-api';
import bolt from '@slack/bolt';
import Stripe from 'stripe';

const secrets = JSON.parse(process.argv[2]);
const stripe = new Stripe('sk_test_x');
const shopify = shopifyApi({
  apiKey: 'k', apiSecretKey: secrets.shopify, hostName: 'localhost', apiVersion: ApiVersion.July25, isEmbeddedApp: false,
  logger: {log: () => {}},
});

const handlers = {
  '/stripe': (request, body) => stripe.webhooks.constructEvent(body, request.headers['stripe-signature'], secrets.stripe).id,
  '/github': async (request, body) => {
    if (!await verify(secrets.github, body, request.headers['x-hub-signature-256'])) throw new Error('does not verify');
    return `${request.headers['x-github-event']} ${request.headers['x-github-delivery']}`;
  },
  '/shopify': async (request, body, response) => {
    const checked = await shopify.webhooks.validate({rawBody: body, rawRequest: request, rawResponse: response});
    if (!checked.valid) throw new Error(checked.reason);
    return `${checked.topic} ${checked.domain}`;
  },
  '/slack': (request, body) => {
    bolt.verifySlackRequest({signingSecret: secrets.slack, body, headers: request.headers});
    return JSON.parse(body).event_id;
  },
};

const server = createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const receipt = {path: request.url};
  try {
    receipt.is = await handlers[request.url](request, Buffer.concat(chunks).toString(), response);
    response.statusCode = 200;
  } catch (error) {
    receipt.error = String(error);
    response.statusCode = 410;
  }
  console.log(JSON.stringify(receipt));
  response.end();
});
server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({port: server.address().port})));
