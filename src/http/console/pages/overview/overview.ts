import type { Invariants } from '../../../../monitoring/invariants.ts';
import type { Connection } from '../../../../platforms/contract/platform.ts';
import { listAlerts } from '../../../../store/monitoring/list-alerts.ts';
import { alertTrouble } from '../../alert-troubles.ts';
import { coverageStrip, stripLegend } from '../../components/charts.ts';
import { command, section, table, time } from '../../components/components.ts';
import { durationText } from '../../components/format.ts';
import { html } from '../../components/html.ts';
import { connectionLink, deliveriesLink, link } from '../../components/links.ts';
import type { ConsolePorts, Page, PageRequest, View } from '../../page.ts';
import type { ConnectionFacts, Trouble } from '../../trouble.ts';
import { type Assessment, verdictOf, worstTone } from '../../verdict.ts';
import { consumerTroubles } from '../erp/consumer-troubles.ts';
import { assess, readFacts, timeTextFor } from './facts.ts';
import { trafficCharts } from './traffic-charts.ts';
import { verdictBlock } from './trouble-list.ts';

/** Alerts that the status of the consumers reports in more detail. */
const REPORTED_BY_CONSUMERS = new Set(['consumer_behind', 'receipt_rejected']);

/** The first page that an operator on call looks at. */
export const overviewPage =
  (ports: ConsolePorts): Page =>
  async (pageRequest): Promise<View> => {
    const sql = ports.context.db.read;
    const connections = [...ports.context.connections.list()].sort((a, b) => (a.name < b.name ? -1 : 1));
    const facts = await readFacts(ports, connections, pageRequest.now);
    const assessments = facts.map((one) => assess(one, pageRequest));
    const alerts = await listAlerts(sql, { state: 'open' }, { limit: 100 });
    const invariants = await ports.invariants().catch(() => null);
    const known = new Set(connections.map(({ name }) => name));
    const general: Trouble[] = [
      ...violations(invariants),
      ...(await consumerTroubles(ports, pageRequest.now).catch(() => [])),
      ...alerts
        .filter(({ code, connection }) => !REPORTED_BY_CONSUMERS.has(code) && (connection === null || !known.has(connection)))
        .map(alertTrouble),
    ];
    const troubles = [
      ...assessments.flatMap(({ name, troubles }) => troubles.map((trouble) => ({ ...trouble, connection: name }))),
      ...general.map((trouble) => ({ ...trouble, connection: null })),
    ];
    return {
      title: 'Overview',
      lead: verdictBlock(verdictOf(assessments, general, timeTextFor(pageRequest)), troubles, pageRequest),
      body: html`${section('Connections', connectionTable(connections, facts, assessments, pageRequest))}
${connections.length === 0 ? '' : stripLegend}
${section('Last 24 hours', await trafficCharts(sql, null, pageRequest))}
${invariants === null || invariants.violations > 0 ? '' : html`<p class="faint">Integrity checks: all passed.</p>`}`,
      refreshSeconds: 5,
    };
  };

const violations = (invariants: Invariants | null): Trouble[] =>
  invariants === null || invariants.violations === 0
    ? []
    : [
        {
          tone: 'bad',
          effect: 'none',
          sentence: `Integrity checks found ${invariants.violations} ${invariants.violations === 1 ? 'violation' : 'violations'}: keep a copy of the database and report them.`,
          since: null,
          steps: [{ kind: 'command', text: 'GET /api/v1/invariants' }],
        },
      ];

const HEADS = ['Connection', 'State', 'Coverage, 24 h', 'Pending', 'Failed', 'Gaps, 24 h', 'Applied in, p90', 'Last delivery'];

const connectionTable = (
  connections: readonly Connection[],
  facts: readonly ConnectionFacts[],
  assessments: readonly Assessment[],
  pageRequest: PageRequest,
) =>
  table(
    'Connections',
    HEADS,
    connections.flatMap((connection, position) => {
      const [one, verdict] = [facts[position], assessments[position]];
      return one && verdict ? [connectionRow(connection, one, verdict, pageRequest)] : [];
    }),
    html`<p>No connection is configured. Copy the example, keep the platforms you have, then check it:</p><p>${command('cp connections.example.yaml connections.yaml && npx orderdock check')}</p>`,
  );

function connectionRow(connection: Connection, facts: ConnectionFacts, { troubles, provenUpTo }: Assessment, pageRequest: PageRequest) {
  const { name, health, gaps, hasApi } = facts;
  const tone = worstTone(troubles);
  const problems = troubles.filter((one) => one.tone !== 'plain').length;
  const dead = facts.causes.reduce((sum, cause) => sum + cause.dead, 0);
  const state =
    problems > 0
      ? `${problems} ${problems === 1 ? 'problem' : 'problems'}`
      : provenUpTo === null
        ? 'No API to compare with'
        : html`Complete up to ${time(provenUpTo, pageRequest)}`;
  return {
    href: connectionLink(name),
    id: `connection-${name}`,
    cells: [
      html`<span class="name" title="${connection.platform.title ?? connection.platform.name}">${name}</span>`,
      html`<span class="whole"><span class="dot ${tone === 'good' && provenUpTo === null ? 'plain' : tone}"></span> ${state}</span>`,
      coverageStrip(facts.coverage, hasApi, pageRequest),
      health?.backlog ?? 0,
      dead === 0 ? html`<span class="faint">0</span>` : html`<a href="${deliveriesLink({ connection: name, state: 'dead' })}">${dead}</a>`,
      gaps === 0 ? html`<span class="faint">0</span>` : html`<a href="${link('/reconcile-runs', { connection: name })}">${gaps}</a>`,
      health?.latency.receivedToApplied.p90 == null ? '–' : durationText(health.latency.receivedToApplied.p90),
      time(health?.lastDeliveryAt ?? null, pageRequest),
    ],
  };
}
