import { Refused } from '../../../../domain/errors.ts';
import type { ConnectionHealth } from '../../../../monitoring/health/connection-health.ts';
import type { FailureBudget } from '../../../../monitoring/health/failure-budget.ts';
import type { Latency } from '../../../../monitoring/health/latency.ts';
import type { Silence } from '../../../../monitoring/health/silence.ts';
import type { Connection } from '../../../../platforms/contract/platform.ts';
import type { CoverageSpan } from '../../../../reconciliation/coverage.ts';
import { listAlerts } from '../../../../store/monitoring/list-alerts.ts';
import type { StoredRegistrations } from '../../../../store/monitoring/registrations.ts';
import { listRuns } from '../../../../store/reconciliation/list-runs.ts';
import { coverageStrip, stripLegend } from '../../components/charts.ts';
import { action, badge, button, facts, note, section, table, time, timeAndAge } from '../../components/components.ts';
import { durationText, spanText } from '../../components/format.ts';
import { type Content, type Html, html } from '../../components/html.ts';
import { connectionLink, deliveriesLink, link, runLink } from '../../components/links.ts';
import type { ConsolePorts, Page, PageRequest } from '../../page.ts';
import { type ConnectionFacts, reconcileStep, type Trouble } from '../../trouble.ts';
import { isReconcile } from '../../troubles.ts';
import { verdictOf } from '../../verdict.ts';
import { alertHistory } from '../operations/alerts.ts';
import { runTable } from '../operations/runs.ts';
import { assess, readFacts, timeTextFor } from './facts.ts';
import { trafficCharts } from './traffic-charts.ts';
import { verdictBlock } from './trouble-list.ts';

export function namedConnection(ports: ConsolePorts, pageRequest: PageRequest): Connection {
  const connection = ports.context.connections.get(pageRequest.segment('name'));
  if (!connection) throw new Refused(404, 'not_found', `No connection is named ${pageRequest.segment('name')}.`);
  return connection;
}

/** One connection: what is verified, its health, and the credentials in use. */
export const connectionPage =
  (ports: ConsolePorts): Page =>
  async (pageRequest) => {
    const connection = namedConnection(ports, pageRequest);
    const { name } = connection;
    const sql = ports.context.db.read;
    const [known] = await readFacts(ports, [connection], pageRequest.now);
    if (!known) throw new Refused(404, 'not_found', `No connection is named ${name}.`);
    const assessment = assess(known, pageRequest);
    const runs = await listRuns(sql, { connection: name, state: null }, { before: null, limit: 5 });
    const history = await listAlerts(sql, { state: 'all', connection: name }, { limit: 20 });
    const { health } = known;
    return {
      title: name,
      lead: verdictBlock(
        verdictOf([assessment], [], timeTextFor(pageRequest)),
        assessment.troubles.map((one) => ({ ...one, connection: null })),
        pageRequest,
      ),
      body: html`${buttons(pageRequest, known, assessment.troubles)}
${section('Coverage', html`${coverageStrip(known.coverage, known.hasApi, pageRequest)}${known.hasApi ? stripLegend : note('plain', 'No API is configured: completeness cannot be checked, and there is nothing to reconcile with.')}${periods(known.coverage, pageRequest)}`)}
${section('Health', health === null ? html`<p class="empty">Its health cannot be read right now.</p>` : healthFacts(health, pageRequest))}
${section('Last 24 hours', html`${await trafficCharts(sql, name, pageRequest)}${latencyTable(health?.latency ?? null)}`)}
${known.hasApi ? section('Reconcile runs', runTable(runs, pageRequest, 'No reconcile run yet.')) : ''}
${health?.registrations ? section('Registered webhooks', registrationTable(health.registrations, pageRequest)) : ''}
${section('What happened', alertHistory(history, pageRequest))}
${section('Credentials in use', credentials(health, pageRequest))}`,
    };
  };

/** Related pages, with the button to reconcile unless the verdict already has it. */
function buttons(pageRequest: PageRequest, { name, hasApi }: ConnectionFacts, troubles: readonly Trouble[]): Html {
  const step = reconcileStep(name);
  const mayReconcile = hasApi && pageRequest.may('operator') && !troubles.flatMap(({ steps }) => steps).some(isReconcile);
  return html`<p class="row">${mayReconcile && step.kind === 'press' ? action({ path: step.path, label: step.label, csrf: pageRequest.csrf }) : ''}
${button('Deliveries', deliveriesLink({ connection: name }))} ${button('Rejected requests', `${connectionLink(name)}/rejections`)} ${button('Missing documents', link('/documents', { connection: name }))}</p>`;
}

const CIRCUIT_WORDS = { closed: 'reachable', open: 'unreachable', 'half-open': 'half-open (retrying)' } as const;

const healthFacts = (health: ConnectionHealth, pageRequest: PageRequest): Html =>
  facts([
    ['Last delivery', timeAndAge(health.lastDeliveryAt, pageRequest)],
    ['Last processed', timeAndAge(health.lastSuccessAt, pageRequest)],
    ['Pending', String(health.backlog)],
    ['Oldest pending', health.oldestWaitingAt === null ? null : timeAndAge(health.oldestWaitingAt, pageRequest)],
    [
      'Platform API',
      health.circuit === null
        ? 'not configured'
        : health.circuit === 'closed'
          ? 'reachable'
          : badge(CIRCUIT_WORDS[health.circuit], 'watch'),
    ],
    ['Checkpoint', health.watermark],
    ['Verified up to', health.lagMs === null ? null : `${spanText(health.lagMs)} ago`],
    ['Rejected in a row', budgetText(health.failureBudget)],
    ['Quiet for', silenceText(health.silence)],
  ]);

const STAGES: readonly (readonly [name: keyof Latency, what: string])[] = [
  ['platformToReceived', 'Platform → received'],
  ['receivedToApplied', 'Received → applied'],
  ['appliedToPulled', 'Applied → read by the ERP'],
  ['pulledToBooked', 'Read → booked'],
];

function latencyTable(latency: Latency | null): Html {
  const shown = (ms: number | null) => (ms === null ? '–' : durationText(ms));
  const rows = STAGES.flatMap(([name, what]) => {
    const stage = latency?.[name];
    return stage && stage.samples > 0 ? [{ cells: [what, shown(stage.p50), shown(stage.p90), shown(stage.p99), stage.samples] }] : [];
  });
  return rows.length === 0 ? html`` : html`<h3>Latency</h3>${table('Latency', ['Stage', 'p50', 'p90', 'p99', 'Samples'], rows, '')}`;
}

/** Whether a connection is quiet for longer than its history explains. */
function silenceText({ quietMs, expectedMs, silent }: Silence): Content {
  if (quietMs === null) return null;
  const normal = expectedMs === null ? '' : ` (normal: up to ${spanText(expectedMs)})`;
  return html`${spanText(quietMs)}${normal}${silent ? html` ${badge('too quiet', 'watch')}` : ''}`;
}

/** How much of the platform's failure limit is used up. */
const budgetText = ({ used, limit, usedPercent, consecutiveFailures, rule }: FailureBudget): Content =>
  html`<span title="${rule}">${limit === null ? consecutiveFailures : `${used} of ${limit} (${usedPercent} %)`}</span>${consecutiveFailures === 0 ? '' : html` <span class="faint">${rule}</span>`}`;

const SPAN_WORDS: Readonly<Record<CoverageSpan['state'], string>> = { proven: 'verified', open: 'not verified yet', unproven: 'in doubt' };

const reasonText = (reason: string): string =>
  reason
    .replace(/^standstill$/, 'Orderdock was down')
    .replace(/^interrupted_run$/, 'reconciliation failed')
    .replace(/^records_failed$/, 'some records could not be read')
    .replace(/^not_compared$/, 'never compared')
    .replace(/^rejected_deliveries: /, 'webhooks rejected: ');

/** Newest first; the run that verified a period is a click away. */
const periods = (coverage: readonly CoverageSpan[], pageRequest: PageRequest): Html =>
  html`<details><summary>Verified periods</summary>${table(
    'Verified periods',
    ['From', 'To', 'State', 'Reason', 'Run'],
    coverage
      .toReversed()
      .slice(0, 20)
      .map(({ from, to, state, reason, runId }) => ({
        cells: [
          from === null ? 'the beginning' : time(from, pageRequest),
          to === null ? 'now' : time(to, pageRequest),
          badge(SPAN_WORDS[state], state === 'unproven' ? 'watch' : 'plain'),
          reason === null ? '' : reasonText(reason),
          runId === null ? '' : html`<a href="${runLink(runId)}">run</a>`,
        ],
      })),
    'No reconcile run has finished yet.',
  )}</details>`;

/** Our webhooks as registered at the platform, with its own delivery counts if it publishes them: `failed` are events that it gave up on. */
const registrationTable = ({ registered, checkedAt }: StoredRegistrations, pageRequest: PageRequest): Html =>
  html`${table(
    'Registered webhooks',
    ['Id', 'URL', 'Events', 'State', 'Deliveries counted by the platform'],
    registered.map(({ id, url, events, enabled, statistics }) => ({
      cells: [
        html`<code>${id}</code>`,
        url,
        String(events.length),
        enabled ? 'enabled' : badge('disabled', 'bad'),
        Object.entries(statistics ?? {})
          .map(([name, count]) => `${name.replaceAll('_', ' ')} ${count}`)
          .join(', ') || null,
      ],
    })),
    'The platform has no webhook of ours registered.',
  )}<p class="faint">Read ${time(checkedAt, pageRequest)}</p>`;

const credentials = (health: ConnectionHealth | null, pageRequest: PageRequest): Html =>
  table(
    'Credentials in use',
    ['Credential (config path)', 'Last used', 'Uses'],
    (health?.credentials ?? []).map(({ credential, lastUsedAt, uses }) => ({
      cells: [html`<code>${credential}</code>`, time(lastUsedAt, pageRequest), uses],
    })),
    'No delivery has been accepted yet.',
  );
