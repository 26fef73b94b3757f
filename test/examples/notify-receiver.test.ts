import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import test from 'node:test';
import { Webhook } from 'standardwebhooks';
import { freePort, startProgram } from './program.ts';

const RECEIVER = resolve(import.meta.dirname, '../../examples/notify-receiver/notify-receiver.ts');
const SECRET = 'whsec_c2VjcmV0LW9mLXRoZS1lcnAtaXRzZWxm';

test('the example receiver accepts a signed message, rejects any other, and triggers the pull', async () => {
  const port = String(await freePort());
  const program = startProgram(RECEIVER, [], { NOTIFY_SECRET: SECRET, PORT: port }, () => {});
  try {
    await program.line((line) => line.startsWith('listening'));
    const body = JSON.stringify({ type: 'changes.available', timestamp: '', data: { consumer: 'erp', cursor: '7-abc', count: 3 } });
    const send = async (secret: string, text: string) => {
      const now = new Date();
      const headers = {
        'webhook-id': 'msg_1',
        'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
        'webhook-signature': new Webhook(secret).sign('msg_1', now, body),
      };
      return (await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', headers, body: text })).status;
    };
    assert.equal(await send('whsec_YW5vdGhlciBzZWNyZXQgYWx0b2dldGhlcg==', body), 401);
    assert.equal(await send(SECRET, body.replace('3', '4')), 401);
    assert.equal(await send(SECRET, body), 204);
    await program.line((line) => line === 'changes.available: erp has 3 to read, up to 7-abc');
    await program.line((line) => line === 'pulling');
  } finally {
    await program.kill();
  }
});
