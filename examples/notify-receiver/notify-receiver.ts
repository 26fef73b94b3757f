/**
 * Receives Orderdock's notification of new changes, instead of polling: verifies its signature (Standard Webhooks), responds immediately, and
 * triggers the pull. The message contains no change: the feed has them, and a lost message only costs time.
 */
import { createServer } from 'node:http';
import { Webhook } from 'standardwebhooks';

const { NOTIFY_SECRET = '', PORT = '8090', HOST = '127.0.0.1' } = process.env;
const MOST_BYTES = 10_000;

interface ChangesAvailable {
  type: 'changes.available';
  timestamp: string;
  data: { consumer: string; cursor: string; count: number };
}

const webhook = new Webhook(NOTIFY_SECRET);
let isPulling = false;
let isWoken = false;

/** Yours: read, book, receipt and acknowledge until the feed is empty (examples/erp-pull). If triggered again meanwhile, it runs once more. */
async function pull(): Promise<void> {
  isWoken = true;
  if (isPulling) return;
  isPulling = true;
  while (isWoken) {
    isWoken = false;
    console.log('pulling');
  }
  isPulling = false;
}

const server = createServer(async (request, response) => {
  let body = '';
  for await (const chunk of request) {
    body += chunk;
    if (body.length > MOST_BYTES) return void response.writeHead(413).end();
  }
  try {
    // Rejects another secret, another body, and a message older than five minutes.
    const { type, data } = webhook.verify(body, request.headers as Record<string, string>) as ChangesAvailable;
    response.writeHead(204).end();
    console.log(`${type}: ${data.consumer} has ${data.count} to read, up to ${data.cursor}`);
    await pull();
  } catch {
    response.writeHead(401).end();
  }
});
server.listen(Number(PORT), HOST, () => console.log(`listening on ${HOST}:${PORT}`));
