import assert from 'node:assert/strict';
import { createAlerts } from '../../src/monitoring/alerts.ts';
import { manualClock } from '../support/clock.ts';
import { NOW, OPERATOR, READER, testWithApi } from './support.ts';

const alert = (code: string, connection: string | null) => ({
  level: 'warning' as const,
  code,
  connection,
  text: `${code} happened`,
  details: {},
});

testWithApi('alerts are listed with since, count and remedy; each can be acknowledged or muted', async (api) => {
  const clock = manualClock(NOW);
  const sent: string[] = [];
  const desk = createAlerts({ ...api.ports.context, clock, post: async ({ text }) => void sent.push(text) });
  const raise = async (code: string, connection: string | null) => {
    desk.open(alert(code, connection));
    await desk.settled();
  };
  const list = async (query = '') => (await api.get(`/alerts${query}`)).json.data;
  assert.deepEqual(await list(), []);
  await raise('silence', 'acme');
  clock.advance(1000);
  await raise('silence', 'acme');
  await raise('storage_unavailable', null);
  desk.close('storage_unavailable', null, 'over');
  await desk.settled();
  const [open] = await list();
  assert.deepEqual([open.code, open.connection, open.since, open.count, open.state], ['silence', 'acme', NOW, 2, 'open']);
  assert.match(open.remedy, /webhook is still registered/);
  assert.deepEqual(
    (await list('?state=resolved')).map((one: { code: string }) => one.code),
    ['storage_unavailable'],
  );
  assert.deepEqual(
    (await list('?state=all')).map((one: { state: string }) => one.state),
    ['open', 'resolved'],
  );
  assert.deepEqual(await list('?connection=fresh'), []);
  assert.equal((await api.get('/alerts?state=lasting')).status, 400);

  const path = `/alerts/${encodeURIComponent(open.id)}`;
  assert.equal((await api.call('POST', `${path}/acknowledge`, { key: READER })).status, 403);
  const acknowledged = (await api.call('POST', `${path}/acknowledge`, { key: OPERATOR })).json;
  assert.deepEqual([acknowledged.acknowledgedBy, acknowledged.acknowledgedAt], ['o', NOW]);
  clock.advance(2 * 3_600_000);
  await raise('silence', 'acme');
  assert.equal(sent.filter((text) => text.startsWith('silence')).length, 1, 'an acknowledged alert is not repeated');
  const until = '2026-03-02T00:00:00.000Z';
  assert.equal((await api.call('POST', `${path}/mute`, { key: OPERATOR, body: { until } })).json.mutedUntil, until);
  desk.close('silence', 'acme', 'silence is over');
  await raise('silence', 'acme');
  assert.equal(sent.filter((text) => text.startsWith('silence')).length, 1, 'a muted one says nothing, not even that it ended');
  const [again] = await list();
  assert.deepEqual([again.count, again.acknowledgedBy, again.mutedUntil], [1, null, until]);
  assert.equal((await api.call('POST', `${path}/acknowledge`, { key: OPERATOR })).status, 404, 'that one has been resolved');
  clock.set('2026-03-02T00:00:01.000Z');
  await raise('silence', 'acme');
  assert.equal(sent.filter((text) => text.startsWith('silence')).length, 2);
});

testWithApi('alerts with the same code for different consumers are separate', async (api) => {
  const desk = createAlerts({ ...api.ports.context, clock: manualClock(NOW), post: null });
  const list = async () => (await api.get('/alerts')).json.data;
  for (const subject of ['erp', 'books']) desk.open({ ...alert('consumer_behind', null), subject, details: { consumer: subject } });
  await desk.settled();
  const [one, other] = await list();
  assert.notEqual(one.id, other.id);
  await api.call('POST', `/alerts/${encodeURIComponent(one.id)}/acknowledge`, { key: OPERATOR });
  const seen = (await list()).map((row: { id: string; acknowledgedBy: string | null }) => [row.id === one.id, row.acknowledgedBy]);
  assert.deepEqual(seen.sort(), [
    [false, null],
    [true, 'o'],
  ]);
  desk.close('consumer_behind', null, 'over', other.details.consumer);
  await desk.settled();
  assert.deepEqual(
    (await list()).map((row: { id: string }) => row.id),
    [one.id],
  );
});
