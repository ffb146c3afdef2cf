// Webhooks signed by the providers' own libraries, one JSON object a line: the scheme's `verify`, the query, headers and
// body to send. Where a library only verifies, the signature is made here and the library must find it good first.
// Input: the base URL that Twilio and Square are told they call.
import {createHmac, randomUUID} from 'node:crypto';
import {sign as githubSign} from '@octokit/webhooks-methods';
import {Paddle} from '@paddle/paddle-node-sdk';
import '@shopify/shopify-api/adapters/node';
import {ApiVersion, shopifyApi} from '@shopify/shopify-api';
import bolt from '@slack/bolt';
import square from 'square';
import {Webhook as StandardWebhook} from 'standardwebhooks';
import Stripe from 'stripe';
import {Webhook as SvixWebhook} from 'svix';
import twilio from 'twilio';

const base = process.argv[2];
const json = {'Content-Type': 'application/json'};
const form = {'Content-Type': 'application/x-www-form-urlencoded; charset=utf-8'};

function hmac(secret, text, encoding) {
  return createHmac('sha256', secret).update(text).digest(encoding);
}

function must(good, what) {
  if (!good) throw new Error(`${what}: its own library refuses what was signed here`);
}

function print(name, verify, headers, body, query = '') {
  console.log(JSON.stringify({name, verify, headers, body, query}));
}

function stripe() {
  const secret = 'whsec_stripe_secret', body = JSON.stringify({id: 'evt_sdk', object: 'event', type: 'invoice.paid'}, null, 2);
  const signature = new Stripe('sk_test_x').webhooks.generateTestHeaderString({payload: body, secret});
  print('stripe', {scheme: 'stripe', secret}, {...json, 'Stripe-Signature': signature}, body);
}

async function github() {
  const secret = "It's a Secret to Everybody", body = '{"action":"opened","umlaut":"ä"}';
  const headers = {...json, 'X-GitHub-Event': 'issues', 'X-GitHub-Delivery': randomUUID()};
  print('github', {scheme: 'github', secret}, {...headers, 'X-Hub-Signature-256': await githubSign(secret, body)}, body);
  print('meta', {scheme: 'meta', secret}, {...json, 'X-Hub-Signature-256': await githubSign(secret, body)}, body);
}

async function shopify() {
  const secret = 'hush', body = '{"id":820982911946154500}';
  const headers = {
    ...json, 'X-Shopify-Topic': 'orders/create', 'X-Shopify-Webhook-Id': randomUUID(), 'X-Shopify-API-Version': '2025-07',
    'X-Shopify-Shop-Domain': 'shop.myshopify.com', 'X-Shopify-Hmac-Sha256': hmac(secret, body, 'base64'),
  };
  const api = shopifyApi({
    apiKey: 'k', apiSecretKey: secret, hostName: 'localhost', apiVersion: ApiVersion.July25, isEmbeddedApp: false,
    logger: {log: () => {}},
  });
  const request = {method: 'POST', url: '/', headers};
  must((await api.webhooks.validate({rawBody: body, rawRequest: request})).valid, 'shopify');
  print('shopify', {scheme: 'shopify', secret}, headers, body);
}

function slack() {
  const secret = '8f742231b10e8888abcd99yyyzzz85a5', body = '{"type":"event_callback","event_id":"Ev1","event":{"type":"app_mention","text":"ä"}}';
  const time = Math.floor(Date.now() / 1000), signature = `v0=${hmac(secret, `v0:${time}:${body}`, 'hex')}`;
  const headers = {'x-slack-request-timestamp': time, 'x-slack-signature': signature};
  bolt.verifySlackRequest({signingSecret: secret, body, headers});  // throws where it refuses
  print('slack', {scheme: 'slack', secret}, {...json, ...headers, 'x-slack-request-timestamp': String(time)}, body);
}

function twilioRequests() {
  const secret = 'twilio auth token', url = `${base}/twilio`, verify = {scheme: 'twilio', secret, url};
  const fields = {MessageSid: 'SM1', SmsStatus: 'received', Body: 'hello & good-bye, ä+1', From: '+14158675309'};
  const signature = twilio.getExpectedTwilioSignature(secret, url, fields);
  print('twilio', verify, {...form, 'X-Twilio-Signature': signature}, new URLSearchParams(fields).toString());
  const body = '{"property":"value"}', query = `bodySHA256=${twilio.getExpectedBodyHash(body)}`;
  const signed = twilio.getExpectedTwilioSignature(secret, `${url}?${query}`, {});
  must(twilio.validateRequestWithBody(secret, signed, `${url}?${query}`, body), 'twilio');
  print('twilio', verify, {...json, 'X-Twilio-Signature': signed}, body, query);
}

async function squareRequest() {
  const secret = 'square key', url = `${base}/square`, body = '{"event_id":"sq-1","type":"payment.created"}';
  const signature = hmac(secret, url + body, 'base64');
  must(await square.WebhooksHelper.isValidWebhookEventSignature(body, signature, secret, url), 'square');
  print('square', {scheme: 'square', secret, url}, {...json, 'X-Square-HmacSha256-Signature': signature}, body);
}

async function paddle() {
  const secret = 'pdl_ntfset_x', body = '{"event_id":"evt_p","event_type":"transaction.paid"}';
  const time = Math.floor(Date.now() / 1000), signature = `ts=${time};h1=${hmac(secret, `${time}:${body}`, 'hex')}`;
  must(await new Paddle('x').webhooks.isSignatureValid(body, secret, signature), 'paddle');
  print('paddle', {scheme: 'paddle', secret}, {...json, 'Paddle-Signature': signature}, body);
}

function standard() {
  const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`, body = '{"type":"user.created"}', id = 'msg_sdk', now = new Date();
  const seconds = String(Math.floor(now.getTime() / 1000));
  const verify = {scheme: 'standard-webhooks', secret}, signed = new StandardWebhook(secret).sign(id, now, body);
  const headers = {...json, 'webhook-id': id, 'webhook-timestamp': seconds, 'webhook-signature': signed};
  print('standard-webhooks', verify, headers, body);
  print('gitlab', {scheme: 'gitlab', secret}, headers, '{"type":"user.created"}');
  const svix = new SvixWebhook(secret).sign('msg_svix', now, body);
  print('svix', verify, {...json, 'svix-id': 'msg_svix', 'svix-timestamp': seconds, 'svix-signature': svix}, body);
}

stripe();
await github();
await shopify();
slack();
twilioRequests();
await squareRequest();
await paddle();
standard();
