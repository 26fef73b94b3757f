import assert from 'node:assert/strict';
import test from 'node:test';
import { bytesText, listText, spanText } from '../../src/http/console/components/format.ts';
import { html } from '../../src/http/console/components/html.ts';
import { exactTime, localInput, shortTime, utcOf, zoneOf } from '../../src/http/console/components/times.ts';
import type { ConnectionFacts, KnownCause } from '../../src/http/console/trouble.ts';
import { troublesOf } from '../../src/http/console/troubles.ts';
import { provenUpTo, verdictOf } from '../../src/http/console/verdict.ts';
import type { CoverageSpan } from '../../src/reconciliation/coverage.ts';
import type { AlertRow } from '../../src/store/monitoring/list-alerts.ts';
import { HEALTH, PROVEN } from './support.ts';

const NOW = new Date('2026-03-01T08:00:00.000Z');
const when = (iso: string) => shortTime(iso, { now: NOW, zone: 'UTC' });

const WELL: ConnectionFacts = {
  name: 'acme',
  hasApi: true,
  health: HEALTH,
  coverage: PROVEN,
  causes: [],
  missingDocuments: 0,
  gaps: 0,
  lastRun: null,
  alerts: [],
};

const NO_API: Partial<ConnectionFacts> = { hasApi: false, health: { ...HEALTH, circuit: null }, coverage: [] };

const spanOf = (reason: string): CoverageSpan => ({
  from: '2026-03-01T06:10:38.000Z',
  to: '2026-03-01T06:10:44.000Z',
  state: 'unproven',
  reason,
  runId: null,
});

const causeOf = (cause: Partial<KnownCause>): KnownCause => ({
  code: 'remote_unavailable',
  cause: 'remote_unavailable: GET …/order answered 404',
  connections: ['acme'],
  event: null,
  count: 1,
  dead: 0,
  waiting: 0,
  first: '2026-03-01T06:00:00.000Z',
  last: '2026-03-01T06:30:00.000Z',
  sampleId: 'd1',
  criteria: { connection: 'acme', error: 'x' },
  ...cause,
});

const alertOf = (alert: Partial<AlertRow>): AlertRow => ({
  key: 'k',
  level: 'warning',
  code: 'silence',
  connection: 'acme',
  text: 'acme: quieter than usual',
  details: {},
  openedAt: '2026-03-01T06:07:00.000Z',
  lastSentAt: null,
  closedAt: null,
  count: 1,
  acknowledgedAt: null,
  acknowledgedBy: null,
  mutedUntil: null,
  ...alert,
});

const FAILED_RUN = {
  id: 'run-9',
  state: 'failed',
  error: 'remote_unauthorized: GET authentication/login answered 401',
  startedAt: '2026-03-01T06:07:00.000Z',
  finishedAt: '2026-03-01T06:07:01.000Z',
};

const TABLE: readonly (readonly [
  what: string,
  facts: Partial<ConnectionFacts>,
  tone: string,
  sentence: RegExp,
  steps: readonly string[],
])[] = [
  ['gaps were found and healed', { gaps: 4 }, '', /^$/, []],
  [
    'the platform refuses our login',
    { lastRun: FAILED_RUN, coverage: [...PROVEN, spanOf('interrupted_run')], health: { ...HEALTH, backlog: 6 } },
    'bad',
    /refuses our API login \(GET authentication\/login answered 401\)\. Nothing is lost: 6 webhooks wait\. Correct the credentials under “api” of acme/,
    ['orderdock check'],
  ],
  [
    'deliveries failed',
    { causes: [causeOf({ dead: 200 })] },
    'bad',
    /^200 deliveries failed and are not applied: GET …\/order answered 404\. Fix the cause, then replay\.$/,
    ['Show them', 'Replay…', 'Dismiss…'],
  ],
  [
    'a body cannot be read',
    { causes: [causeOf({ code: 'invalid_body', cause: 'invalid_body: The body is not JSON', dead: 1, onArrival: true })] },
    'bad',
    /^1 delivery cannot be applied: The body is not JSON\. The sender got a 400\. A replay would fail again: ask the platform/,
    ['Show it', 'Reconcile now', 'Dismiss…'],
  ],
  [
    'a body cannot be applied, and a replay has failed too',
    {
      causes: [causeOf({ code: 'id_too_long', cause: 'id_too_long: The id … is longer than 1000 characters.', dead: 1 })],
      coverage: [...PROVEN, spanOf('rejected_deliveries: 1 answered 400 invalid_body')],
    },
    'bad',
    /^1 delivery cannot be applied: The id … is longer than 1000 characters\. A replay would fail again: ask the platform/,
    ['Show it', 'Reconcile now', 'Dismiss…'],
  ],
  [
    'the API is down',
    { health: { ...HEALTH, circuit: 'open', backlog: 3 }, alerts: [alertOf({ code: 'platform_unreachable' })] },
    'watch',
    /^The platform API is unreachable since 06:07:00\. Nothing is lost: 3 webhooks wait\..*there is nothing to do\.$/,
    [],
  ],
  [
    'deliveries wait after a failure',
    { causes: [causeOf({ waiting: 6 })] },
    'watch',
    /^6 deliveries failed and wait for the next attempt: GET/,
    ['Show them', 'Retry all 6 now'],
  ],
  ['a failure is fresh', { causes: [causeOf({ waiting: 6, first: '2026-03-01T07:59:50.000Z' })] }, '', /^$/, []],
  [
    'requests were rejected',
    { coverage: [...PROVEN, spanOf('rejected_deliveries: 12 answered 413 body_too_large')] },
    'watch',
    /^12 webhooks were rejected with 413 \(body_too_large\), 06:10:38 to 06:10:44\. A reconcile run fetches/,
    ['Reconcile now'],
  ],
  [
    'we were down, and can compare',
    { coverage: [...PROVEN, spanOf('standstill')] },
    'watch',
    /^Orderdock was down 06:10:38 to 06:10:44 \(6 s\)\. Changes in that time have not been compared yet\.$/,
    ['Reconcile now'],
  ],
  [
    'we were down, and cannot compare',
    { ...NO_API, coverage: [spanOf('standstill')] },
    'plain',
    /^Orderdock was down 06:10:38 to 06:10:44 \(6 s\)\. This platform has no list to compare with/,
    [],
  ],
  ['there is no API', NO_API, 'plain', /completeness cannot be checked/, []],
  ['no run has finished', { coverage: [] }, 'watch', /no reconcile run has finished/, ['Reconcile now']],
  [
    'a run is under way',
    { coverage: [], lastRun: { ...FAILED_RUN, state: 'running', error: null } },
    'watch',
    /first reconcile run is in progress/,
    ['See the run'],
  ],
  [
    'an event is unknown',
    { causes: [causeOf({ code: 'unknown_event', cause: 'unknown event', event: 'PaymentTermsChanged', count: 2 })] },
    'watch',
    /^Unknown event “PaymentTermsChanged”: 2 deliveries are stored but not applied/,
    ['Show an example', 'Drift'],
  ],
  [
    'an unknown event was applied as a snapshot',
    { causes: [causeOf({ code: 'unknown_event', event: 'OrderTouched', count: 2, isApplied: true })] },
    'plain',
    /^Unknown event “OrderTouched”, 2 times: applied as the snapshot/,
    ['Show an example', 'Drift'],
  ],
  ['documents are missing', { missingDocuments: 2 }, 'watch', /^2 documents are missing/, ['See them']],
  [
    'requests with wrong credentials arrived',
    { alerts: [alertOf({ code: 'webhooks_rejected', count: 5, details: { reason: 'wrong secret' } })] },
    'watch',
    /^5 webhooks were rejected for wrong credentials or a wrong address \(the last one: wrong secret\)\. .*correct its secret or ours, then reconcile/,
    ['See the rejected requests', 'Reconcile now'],
  ],
  ['another alert is open', { alerts: [alertOf({})] }, 'watch', /^quieter than usual$/, ['acme']],
  ['an alert is acknowledged', { alerts: [alertOf({ acknowledgedBy: 'ann' })] }, 'plain', /acknowledged by ann/, ['acme']],
];

for (const [what, facts, tone, sentence, steps] of TABLE) {
  test(`the message when ${what}`, () => {
    const [worst] = troublesOf({ ...WELL, ...facts }, { now: NOW, when });
    assert.equal(worst?.tone ?? '', tone);
    assert.match(worst?.sentence ?? '', sentence);
    assert.deepEqual(
      (worst?.steps ?? []).map((step) => (step.kind === 'command' ? step.text : step.label)),
      steps,
    );
  });
}

test('a reconcile run is never suggested without an API, or while the platform refuses us', () => {
  const doubts = ['standstill', 'interrupted_run', 'rejected_deliveries: 2 answered 401 unauthorized', 'not_compared'].map(spanOf);
  const causes = [causeOf({ code: 'invalid_body', dead: 1, onArrival: true }), causeOf({ waiting: 2 })];
  for (const facts of [
    { ...NO_API, coverage: doubts, causes },
    { lastRun: FAILED_RUN, coverage: doubts, causes },
  ]) {
    const troubles = troublesOf({ ...WELL, ...facts }, { now: NOW, when });
    assert.ok(troubles.length >= 4);
    assert.equal(
      troubles.flatMap(({ steps }) => steps).some((step) => step.kind === 'press' && step.path.endsWith('/reconcile')),
      false,
    );
  }
});

const judged = (name: string, facts: Partial<ConnectionFacts>) => {
  const all = { ...WELL, ...facts };
  return { name, provenUpTo: provenUpTo(all.coverage), troubles: troublesOf(all, { now: NOW, when }) };
};

test('the front sentence counts every problem, and never says no while something is in doubt', () => {
  const sentence = (...connections: ReturnType<typeof judged>[]) => verdictOf(connections, [], when).sentence;
  assert.match(sentence(), /No connections are configured/);
  assert.equal(sentence(judged('a', {})), 'No. Verified complete up to 07:55:00.');
  assert.equal(
    sentence(judged('a', {}), judged('b', NO_API)),
    'No. Verified complete up to 07:55:00 on 1 connection. 1 connection could not be compared with its platform.',
  );
  assert.match(
    sentence(judged('a', { causes: [causeOf({ dead: 1 })] }), judged('b', { missingDocuments: 1 })),
    /^Nothing is lost, but not everything is applied: 2 problems\./,
  );
  assert.match(sentence(judged('a', { coverage: [...PROVEN, spanOf('standstill')] })), /^Not known yet: 1 problem\./);
  assert.match(sentence(judged('a', { missingDocuments: 1 })), /^Nothing is lost, but there is 1 problem\./);
  assert.equal(verdictOf([judged('a', NO_API)], [], when).tone, 'plain');
});

test('templates escape everything except their own markup', () => {
  assert.equal(
    html`<a title="${`"'<&>`}">${['<b>', html`<i>${'&'}</i>`, null, false, undefined, 0]}</a>`.text,
    '<a title="&quot;&#39;&lt;&amp;&gt;">&lt;b&gt;<i>&amp;</i>0</a>',
  );
});

test('periods, sizes and lists are formatted readably', () => {
  assert.deepEqual([0, 89_000, 100_000, 7_200_000, 200_000_000].map(spanText), ['0 s', '89 s', '2 min', '2 h', '2 d']);
  assert.deepEqual([null, 0, 1023, 2048, 5 * 1024 ** 3].map(bytesText), ['–', '0 B', '1023 B', '2.0 KiB', '5.0 GiB']);
  assert.deepEqual([listText([]), listText(['a']), listText(['a', 'b']), listText(['a', 'b', 'c'])], ['', 'a', 'a and b', 'a, b and c']);
});

test('recent times are shortened, exact on request, and in the requested time zone', () => {
  const moment = { now: NOW, zone: 'Europe/Berlin' };
  assert.equal(shortTime('2026-03-01T06:20:23.000Z', moment), '07:20:23');
  assert.equal(shortTime('2026-02-28T23:20:23.000Z', moment), '00:20:23');
  assert.equal(shortTime('2026-02-28T22:20:23.000Z', moment), '28 Feb 23:20');
  assert.equal(shortTime('2025-02-28T22:20:23.000Z', moment), '28 Feb 2025');
  assert.equal(exactTime('2026-03-01T06:20:23.000Z', 'UTC'), '1 Mar 2026 06:20:23 UTC');
  assert.deepEqual([zoneOf('Asia/Tokyo'), zoneOf('Nowhere/Land'), zoneOf('<script>'), zoneOf(null)], ['Asia/Tokyo', 'UTC', 'UTC', 'UTC']);
  for (const local of ['2026-03-01T08:00', '2026-07-01T14:00', '2026-10-25T12:00'])
    assert.equal(localInput(utcOf(local, 'Europe/Berlin') ?? '', 'Europe/Berlin'), local);
  assert.deepEqual(
    [utcOf('2026-07-01T14:00', 'Europe/Berlin'), utcOf('2026-03-01T08:00:00Z', 'Europe/Berlin'), utcOf('soon', 'UTC')],
    ['2026-07-01T12:00:00.000Z', '2026-03-01T08:00:00.000Z', null],
  );
});
