import { Refused } from '../../../domain/errors.ts';
import type { ConnectionHealth } from '../../../monitoring/connection-health.ts';
import type { FailureBudget } from '../../../monitoring/failure-budget.ts';
import type { Latency } from '../../../monitoring/latency.ts';
import type { Silence } from '../../../monitoring/silence.ts';
import type { CoverageSpan } from '../../../reconciliation/coverage.ts';
import { type HourOfResponses, listResponsesByHour } from '../../../store/monitoring/list-responses.ts';
import { listRuns } from '../../../store/reconciliation/list-runs.ts';
import { action, facts, section, stateBadge, table, time } from '../components.ts';
import { durationText, spanText } from '../format.ts';
import { type Html, html } from '../html.ts';
import { link, runLink } from '../links.ts';
import type { ConsolePorts, Page, Visit } from '../page.ts';
import { verdictOf } from '../verdict.ts';
import { readFacts, verdictLine } from './overview.ts';
import { runTable } from './runs.ts';

const HOUR_MS = 3_600_000;
const HOURS = 24;

/** One connection: what is proven, what it answered, who let the last deliveries in. */
export const connectionPage =
  (ports: ConsolePorts): Page =>
  async (visit) => {
    const connection = ports.context.connections.get(visit.segment('name'));
    if (!connection) throw new Refused(404, 'not_found', `There is no connection named ${visit.segment('name')}.`);
    const { name } = connection;
    const [known] = await readFacts(ports, [connection], visit.now);
    const since = new Date(Math.floor(visit.now.getTime() / HOUR_MS) * HOUR_MS - (HOURS - 1) * HOUR_MS);
    const answers = await listResponsesByHour(ports.context.db.read, name, since.toISOString());
    const runs = await listRuns(ports.context.db.read, { connection: name, state: null }, { before: null, limit: 5 });
    const health = known?.health ?? null;
    return {
      title: name,
      lead: known ? verdictLine(verdictOf(known), 'Was anything lost?') : html``,
      body: html`${buttons(visit, name)}
${section('Health', health === null ? html`<p class="empty">Its health cannot be told right now.</p>` : healthFacts(health, visit.now))}
${section('Latency', latencyTable(health?.latency ?? null))}
${section('What is proven', coverageTable(known?.coverage ?? [], visit.now))}
${section('Answers of the last 24 hours', answersChart(answers, since))}
${section('Last reconcile runs', runTable(runs, visit.now))}
${section('Credentials in use', credentials(health, visit.now))}`,
    };
  };

const buttons = (visit: Visit, name: string): Html => html`<p class="row">
${visit.may('operator') ? action({ path: `/connections/${encodeURIComponent(name)}/reconcile`, label: 'Reconcile now', csrf: visit.csrf }) : ''}
<a class="button" href="${link('/deliveries', { connection: name })}">Its deliveries</a> <a class="button" href="${link('/documents', { connection: name })}">Its documents not held</a></p>`;

const healthFacts = (health: ConnectionHealth, now: Date): Html =>
  facts([
    ['Last delivery', time(health.lastDeliveryAt, now)],
    ['Last success', time(health.lastSuccessAt, now)],
    ['Waiting', String(health.backlog)],
    ['Oldest waiting since', time(health.oldestWaitingAt, now)],
    ['Circuit to its API', health.circuit === null ? null : stateBadge(health.circuit)],
    ['Watermark', health.watermark],
    ['Lag', health.lagMs === null ? null : spanText(health.lagMs)],
    ['Failure budget', budgetText(health.failureBudget)],
    ['Silence', silenceText(health.silence)],
  ]);

const LEGS: readonly (readonly [name: keyof Latency, what: string])[] = [
  ['platformToReceived', 'From the platform to us'],
  ['receivedToApplied', 'From there into the store'],
  ['appliedToPulled', 'Until the ERP has read it'],
  ['pulledToBooked', 'Until the ERP has booked it'],
];

function latencyTable(latency: Latency | null): Html {
  const shownMs = (ms: number | null) => (ms === null ? '–' : durationText(ms));
  const rows = LEGS.flatMap(([name, what]) => {
    const leg = latency?.[name];
    return leg && leg.samples > 0 ? [[what, shownMs(leg.p50), shownMs(leg.p90), shownMs(leg.p99), leg.samples]] : [];
  });
  return table('Latency', ['Leg', 'Half within', '90 % within', '99 % within', 'Measured'], rows, 'Nothing has been measured yet.');
}

/** Whether a connection is quiet for longer than its history explains. */
const silenceText = ({ quietMs, expectedMs, silent }: Silence): string | null => {
  if (quietMs === null) return null;
  const normal = expectedMs === null ? '' : ` (normal: up to ${spanText(expectedMs)})`;
  return `${silent ? 'too quiet' : 'quiet'} for ${spanText(quietMs)}${normal}`;
};

/** How much of the platform's patience is used up. */
export const budgetText = ({ used, limit, usedPercent, consecutiveFailures }: FailureBudget): string =>
  limit === null ? `no limit; ${consecutiveFailures} failures in a row` : `${used} of ${limit} (${usedPercent} %)`;

/** Newest first; a run that proves a span is a click away. */
const coverageTable = (coverage: readonly CoverageSpan[], now: Date): Html =>
  table(
    'What is proven',
    ['From', 'To', 'State', 'Why'],
    coverage
      .toReversed()
      .slice(0, 20)
      .map(({ from, to, state, reason, runId }) => [
        from === null ? 'the beginning' : time(from, now),
        to === null ? 'now' : time(to, now),
        stateBadge(state),
        html`${reason ?? ''}${runId ? html` <a href="${runLink(runId)}">the run</a>` : ''}`,
      ]),
    'Nothing is known yet: no reconcile run has finished.',
  );

const credentials = (health: ConnectionHealth | null, now: Date): Html =>
  table(
    'Credentials in use',
    ['Which entry', 'Last used', 'Uses'],
    (health?.credentials ?? []).map(({ credential, lastUsedAt, uses }) => [html`<code>${credential}</code>`, time(lastUsedAt, now), uses]),
    'None has let a delivery in yet.',
  );

/** Accepted and refused by hour; the figures stand in a table too, for those who cannot see the curve. */
function answersChart(answers: readonly HourOfResponses[], since: Date): Html {
  const hours = Array.from({ length: HOURS }, (_, position) => new Date(since.getTime() + position * HOUR_MS));
  const sum = (hour: Date, wanted: (status: number) => boolean) =>
    answers
      .filter((one) => one.hour === hour.toISOString().slice(0, 13) && wanted(one.status))
      .reduce((total, one) => total + one.count, 0);
  const good = hours.map((hour) => sum(hour, (status) => status < 400));
  const bad = hours.map((hour) => sum(hour, (status) => status >= 400));
  const chart = JSON.stringify({
    times: hours.map((hour) => hour.getTime() / 1000),
    series: [
      { label: 'Taken', tone: 'good', values: good },
      { label: 'Refused', tone: 'bad', values: bad },
    ],
  });
  const rows = hours.flatMap((hour, position) => {
    const counts = [good[position] ?? 0, bad[position] ?? 0];
    return counts.some((count) => count > 0) ? [[`${hour.toISOString().slice(0, 13).replace('T', ' ')}:00`, ...counts]] : [];
  });
  return html`<figure class="chart" data-chart="${chart}" aria-hidden="true"></figure>
<details><summary>The figures</summary>${table('Answers by hour', ['Hour (UTC)', 'Taken', 'Refused'], rows, 'No webhook came in the last 24 hours.')}</details>`;
}
