import assert from 'node:assert/strict';
import test from 'node:test';
import { askAs, fill, openConsole, pressAs } from './support.ts';

test('the overview first answers whether anything was lost', async (t) => {
  const console = await openConsole(t);
  await fill(console);
  const well = await askAs(console.app, 'reader', '/console/');
  assert.match(
    well.text,
    /Was anything lost\?<\/span> Nothing is lost, but not everything is applied: 1 problem\. Verified complete up to 07:55:00\./,
  );
  assert.match(well.text, /Unknown event “unheard-of”: 1 delivery is stored but not applied/);
  assert.match(well.text, /Integrity checks: all passed/);

  console.told.coverage = [
    { from: '2026-03-01T05:00:00.000Z', to: '2026-03-01T06:00:00.000Z', state: 'unproven', reason: 'standstill', runId: null },
  ];
  console.told.violations = 2;
  await console.context.db.write((sql) =>
    sql.all(`update deliveries set state = 'dead', error = 'remote_missing: GET /x answered 404' where event_id = 'event-odd'`),
  );
  const torn = await askAs(console.app, 'operator', '/console/');
  assert.match(torn.text, /Not known yet: 4 problems\./);
  for (const sentence of [
    /1 delivery failed and is not applied: GET \/x answered 404\. Fix the cause, then replay\./,
    /Integrity checks found 2 violations/,
    /Orderdock was down 05:00:00 to 06:00:00 \(60 min\)\. Changes in that time have not been compared yet\./,
    /Unknown event “unheard-of”/,
  ])
    assert.match(torn.text, sentence);
  assert.match(torn.text, /<span class="count bad">1<span class="unseen"> failed<\/span>/);
});

test('every suggested action is on the page and can be used', async (t) => {
  const console = await openConsole(t);
  await fill(console);
  console.told.coverage = [
    { from: '2026-03-01T05:00:00.000Z', to: '2026-03-01T06:00:00.000Z', state: 'unproven', reason: 'standstill', runId: null },
  ];
  await console.context.db.write((sql) =>
    sql.all(`update deliveries set state = 'dead', error = 'invalid_body: no JSON' where event_id = 'event-odd'`),
  );
  for (const page of ['/console/', '/console/connections/toy']) {
    const { text } = await askAs(console.app, 'operator', page);
    const steps = [...text.matchAll(/<div class="steps">(.*?)<\/div>/g)].map((match) => match[1] ?? '');
    const forms = steps.flatMap((step) => [...step.matchAll(/action="([^"]+)"/g)].map((match) => match[1] ?? ''));
    const links = steps.flatMap((step) => [...step.matchAll(/href="([^"]+)"/g)].map((match) => (match[1] ?? '').replaceAll('&amp;', '&')));
    assert.ok(forms.length > 0 && links.length > 0, page);
    for (const form of new Set(forms)) assert.equal((await pressAs(console.app, 'operator', form)).status, 303, form);
    for (const link of new Set(links)) assert.equal((await askAs(console.app, 'operator', link)).status, 200, link);
    // Words in curly quotes after “press” are a button that must exist.
    for (const [, label = ''] of text.matchAll(/press “([^”]+)”/g)) assert.match(text, new RegExp(`<button[^>]*>${label}`));
  }
});

test('the overview loads even if the health of a connection cannot be determined', async (t) => {
  const console = await openConsole(t);
  console.told.health = () => {
    throw new Error('no health today');
  };
  const { status, text } = await askAs(console.app, 'reader', '/console/');
  assert.equal(status, 200);
  assert.match(text, /toy/);
});

test('open alerts are on the overview, critical ones first; they are acknowledged and muted in their list', async (t) => {
  const console = await openConsole(t);
  await console.context.db.write((sql) =>
    sql.all(
      `insert into alerts (key, code, level, connection, text, details, opened_at, count)
       values ('silence toy', 'silence', 'warning', 'toy', 'toy is quieter than usual', '{}', '2026-03-01T07:00:00.000Z', 3),
              ('failure_budget toy', 'failure_budget', 'critical', 'toy', 'half of the budget is used', '{}', '2026-03-01T06:00:00.000Z', 1),
              ('storage_unavailable ', 'storage_unavailable', 'critical', null, 'Documents cannot be kept', '{}', '2026-03-01T05:00:00.000Z', 1)`,
    ),
  );
  const { text } = await askAs(console.app, 'reader', '/console/');
  assert.match(text, /half of the budget is used[\s\S]*Documents cannot be kept[\s\S]*toy is quieter than usual/);
  assert.match(text, /Alerts <span class="count bad">3/);

  const list = await askAs(console.app, 'operator', '/console/alerts');
  const [, path = ''] = /action="(\/console\/alerts\/silence[^"]+)\/acknowledge"/.exec(list.text) ?? [];
  assert.equal((await pressAs(console.app, 'operator', `${path}/acknowledge`)).status, 303);
  assert.equal((await pressAs(console.app, 'operator', `${path}/mute`, { hours: '8' })).status, 303);
  const after = await askAs(console.app, 'operator', '/console/alerts');
  assert.match(after.text, /3 open alerts, 1 acknowledged/);
  assert.match(after.text, /muted until <time[^>]*>16:00:00/);
});
