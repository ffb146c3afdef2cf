// Requests of Slack, good and bad, and what Slack's own library says of each: a JSON object a line, {"name", "headers",
// "body", "good"}. Input: the signing secret.
import {createHmac} from 'node:crypto';
import bolt from '@slack/bolt';

const secret = process.argv[2];
const now = Math.floor(Date.now() / 1000);
let number = 0;

function request(name, change = {}) {
  const body = JSON.stringify({type: 'event_callback', event_id: `Ev${++number}`, event: {type: 'message'}});
  const one = {time: now, version: 'v0', secret, ...change};
  const hash = createHmac('sha256', one.secret).update(`${one.signedVersion ?? one.version}:${one.time}:${body}`).digest('hex');
  const headers = {
    'content-type': 'application/json', 'x-slack-request-timestamp': String(one.sentTime ?? one.time),
    'x-slack-signature': one.signature?.(hash) ?? `${one.version}=${hash}`,
  };
  const sent = body + (one.tail ?? '');
  const good = bolt.isValidSlackRequest({signingSecret: secret, body: sent, headers});
  console.log(JSON.stringify({name, headers, body: sent, good}));
}

request('as it is');
request('four minutes old', {time: now - 240});
request('six minutes old', {time: now - 360});
request('another secret', {secret: `${secret}x`});
request('a body that goes on', {tail: ' '});
request('another time than was signed', {sentTime: now - 1});
request('a version that there is not', {version: 'v1'});
request('signed for another version', {signedVersion: 'v1'});
request('no version', {signature: (hash) => hash});
request('no hash', {signature: () => 'v0='});
request('half a hash', {signature: (hash) => `v0=${hash.slice(0, 32)}`});
request('a hash and more', {signature: (hash) => `v0=${hash}00`});
request('another hash', {signature: () => `v0=${'0'.repeat(64)}`});
