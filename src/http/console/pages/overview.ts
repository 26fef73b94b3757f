import type { Connection } from '../../../platforms/contract/platform.ts';
import { type AlertRow, listAlerts } from '../../../store/monitoring/list-alerts.ts';
import { readProblems } from '../../../store/monitoring/read-trouble.ts';
import { listRuns } from '../../../store/reconciliation/list-runs.ts';
import { action, section, stateBadge, table, time } from '../components.ts';
import { countText } from '../format.ts';
import { type Html, html } from '../html.ts';
import { connectionLink, link } from '../links.ts';
import type { ConsolePorts, Page, View } from '../page.ts';
import { type ConnectionFacts, overallVerdict, provenUpTo, type Verdict, verdictOf } from '../verdict.ts';
import { alertList } from './alerts.ts';
import { budgetText } from './connection.ts';

const DAY_MS = 86_400_000;

/** Reads what the verdicts need. A part that cannot be asked for is left out, so that the page comes whatever is broken. */
export async function readFacts(ports: ConsolePorts, connections: readonly Connection[], now: Date): Promise<ConnectionFacts[]> {
  const trouble = await readProblems(ports.context.db.read, new Date(now.getTime() - DAY_MS).toISOString());
  return Promise.all(
    connections.map(async (connection) => {
      const [health, coverage, runs] = await Promise.all([
        ports.health(connection).catch(() => null),
        ports.coverage(connection).catch(() => []),
        listRuns(ports.context.db.read, { connection: connection.name, state: null }, { before: null, limit: 1 }),
      ]);
      const { dead, notHeld, gaps } = trouble.get(connection.name) ?? { dead: 0, notHeld: 0, gaps: 0 };
      return { name: connection.name, health, coverage, dead, notHeld, gaps, compared: runs.length > 0 };
    }),
  );
}

export const verdictLine = ({ tone, sentence, next }: Verdict, question: string): Html =>
  html`<p class="verdict ${tone}"><span class="question">${question}</span> ${sentence}${next === null ? '' : html` <span class="next">${next}</span>`}</p>`;

/** What is read first at three in the morning. */
export const overviewPage =
  (ports: ConsolePorts): Page =>
  async (visit): Promise<View> => {
    const connections = [...ports.context.connections.list()].sort((a, b) => (a.name < b.name ? -1 : 1));
    const facts = await readFacts(ports, connections, visit.now);
    const judged = facts.map((one) => ({ name: one.name, facts: one, verdict: verdictOf(one), provenUpTo: provenUpTo(one.coverage) }));
    const alerts = await listAlerts(ports.context.db.read, { state: 'open' }, { limit: 20 });
    const critical = alerts.filter(({ level }) => level === 'critical');
    const others = alerts.filter(({ level }) => level !== 'critical');
    const invariants = await ports.invariants().catch(() => null);
    const rows = connections.map((connection, position) => {
      const one = judged[position] as (typeof judged)[number];
      return connectionRow(connection, one.facts, one.verdict, visit.now, visit.may('operator') ? visit.csrf : null);
    });
    return {
      title: 'Overview',
      lead: verdictLine(overallVerdict(judged), 'Was anything lost?'),
      // What cannot wait stands first; the rest does not push the connections out of sight.
      body: html`${alertSection('Critical', critical, visit.now)}
${section('Connections', table('Connections', HEADS, rows, 'No connection is configured.'))}
${alerts.length === 0 ? html`<p class="calm">No alert.</p>` : alertSection('Alerts', others, visit.now)}
${invariants === null ? '' : html`<p class="${invariants.violations === 0 ? 'calm' : 'verdict bad'}">Every stored delivery ends, every version has its entry, no version is missing: ${countText(invariants.violations, 'violation')} found.</p>`}`,
      renewedBy: link('/'),
    };
  };

const HEADS = ['Connection', 'Was anything lost?', 'Waiting', 'Last delivery', 'Circuit', 'Failure budget', 'Gaps, 24 h', ''];

const alertSection = (title: string, alerts: readonly AlertRow[], now: Date): Html =>
  alerts.length === 0 ? html`` : section(title, alertList(alerts, now));

function connectionRow(connection: Connection, facts: ConnectionFacts, verdict: Verdict, now: Date, csrf: string | null): Html[] {
  const { name, health, dead, gaps } = facts;
  return [
    html`<a class="name" href="${connectionLink(name)}">${name}</a><br><span class="faint">${connection.platform.title ?? connection.platform.name}</span>`,
    html`<span class="dot ${verdict.tone}"></span>${verdict.sentence}`,
    html`${health?.backlog ?? '–'}${dead > 0 ? html` <a href="${link('/deliveries', { connection: name, state: 'dead' })}">${dead} dead</a>` : ''}`,
    time(health?.lastDeliveryAt ?? null, now),
    health?.circuit ? stateBadge(health.circuit) : html`<span class="faint">–</span>`,
    html`${health ? budgetText(health.failureBudget) : '–'}`,
    gaps > 0 ? html`<a href="${link('/reconcile-runs', { connection: name })}">${gaps}</a>` : html`0`,
    // Without an API there is nothing to compare with.
    csrf === null || health?.circuit === null
      ? html``
      : action({ path: `/connections/${encodeURIComponent(name)}/reconcile`, label: 'Reconcile now', csrf }),
  ];
}
