import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { COMPANY, lineJson, orderId } from '../life/tradecloud.ts';
import { createTestDatabase, testOnEngines } from '../support/engines.ts';
import { type Service, settled, startService } from './service.ts';

const LIMIT_MIB = 400;
const BODY_BYTES = 20_000_000;
const AT = '2026-04-01T10:00:00.000Z';

const peakMib = async (service: Service): Promise<number> =>
  Number(/^VmHWM:\s+(\d+) kB$/m.exec(await readFile(`/proc/${service.pid()}/status`, 'utf8'))?.[1]) / 1024;

const order = (number: string, members: string) =>
  `{"eventName":"OrderIssuedByBuyer","orderEvent":{"orderId":"${orderId(number)}","buyerOrder":{"companyId":"${COMPANY}",
"purchaseOrderNumber":"${number}"},"lastUpdatedAt":"${AT}",${members}},"meta":{"messageId":"big-${number}"}}`;

/** An order with one huge text. */
const longText = (number: string) => order(number, `"lines":[],"reason":"${'x'.repeat(BODY_BYTES)}"`);

/** An order with more lines than a platform allows, since nothing prevents it from sending them. */
function manyLines(number: string, bytes: number): string {
  const line = lineJson(number, { position: '00000', at: AT });
  const count = Math.floor(bytes / (line.length + 1));
  const lines = Array.from({ length: count }, (_, at) => line.replaceAll('00000', String(at).padStart(5, '0')));
  return order(number, `"lines":[${lines.join(',')}]`);
}

testOnEngines('with bodies of 20 MB, sequentially and concurrently, and many smaller ones, memory stays limited', async (t, engine) => {
  const database = await createTestDatabase(engine);
  t.after(database.drop);
  const service = await startService(t, { databaseUrl: database.url });
  for (let at = 0; at < 4; at++) assert.equal((await service.post(longText(`L${at}`))).status, 202);
  const answers = await Promise.all(Array.from({ length: 3 }, (_, at) => service.post(longText(`P${at}`))));
  assert.ok(answers.every(({ status }) => status === 202 || status === 503));
  await Promise.all(Array.from({ length: 16 }, (_, at) => service.post(manyLines(`S${at}`, 250_000))));
  await settled(service);
  const peak = await peakMib(service);
  assert.ok(peak < LIMIT_MIB, `${Math.round(peak)} MiB`);
});

/** An order whose lines have long descriptions: its content, not only its own JSON, is large. */
function longDescriptions(number: string, lineCount: number, length: number): string {
  const lines = Array.from({ length: lineCount }, (_, at) => {
    const line = JSON.parse(lineJson(number, { position: String(at).padStart(5, '0'), at: AT }));
    return JSON.stringify({ ...line, buyerLine: { ...line.buyerLine, description: 'x'.repeat(length) } });
  });
  return order(number, `"lines":[${lines.join(',')}]`);
}

testOnEngines('with long texts in the lines of orders, memory stays limited', async (t, engine) => {
  const database = await createTestDatabase(engine);
  t.after(database.drop);
  const service = await startService(t, { databaseUrl: database.url });
  assert.equal((await service.post(longDescriptions('D0', 500, 30_000))).status, 202);
  await settled(service);
  assert.equal((await service.post(longDescriptions('D1', 1, 15_000_000))).status, 202);
  await settled(service);
  const peak = await peakMib(service);
  assert.ok(peak < LIMIT_MIB, `${Math.round(peak)} MiB`);
});
