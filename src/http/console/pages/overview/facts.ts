import type { Connection } from '../../../../platforms/contract/platform.ts';
import { listAlerts } from '../../../../store/monitoring/list-alerts.ts';
import { readProblems } from '../../../../store/monitoring/read-trouble.ts';
import { listRuns } from '../../../../store/reconciliation/list-runs.ts';
import { type Moment, shortTime } from '../../components/times.ts';
import { readKnownCauses } from '../../known-causes.ts';
import type { ConsolePorts } from '../../page.ts';
import type { ConnectionFacts, TimeText } from '../../trouble.ts';
import { troublesOf } from '../../troubles.ts';
import { type Assessment, provenUpTo } from '../../verdict.ts';

const DAY_MS = 86_400_000;
const MOST_ALERTS = 200;

/** Reads the facts behind the verdicts. A part that cannot be read is left out, so that the page is shown whatever is broken. */
export async function readFacts(ports: ConsolePorts, connections: readonly Connection[], now: Date): Promise<ConnectionFacts[]> {
  const sql = ports.context.db.read;
  const [only] = connections;
  const [problems, causes, alerts] = await Promise.all([
    readProblems(sql, new Date(now.getTime() - DAY_MS).toISOString()),
    readKnownCauses(sql, { connection: connections.length === 1 && only ? only.name : null }),
    listAlerts(sql, { state: 'open' }, { limit: MOST_ALERTS }),
  ]);
  return Promise.all(
    connections.map(async (connection) => {
      const { name } = connection;
      const [health, coverage, [run]] = await Promise.all([
        ports.health(connection).catch(() => null),
        ports.coverage(connection).catch(() => []),
        listRuns(sql, { connection: name, state: null }, { before: null, limit: 1 }),
      ]);
      const { missingDocuments, gaps } = problems.get(name) ?? { missingDocuments: 0, gaps: 0 };
      return {
        name,
        hasApi: ports.hasApi(connection),
        health,
        coverage,
        causes: causes.filter((cause) => cause.connections.includes(name)),
        missingDocuments,
        gaps,
        lastRun: run ?? null,
        alerts: alerts.filter((alert) => alert.connection === name),
      };
    }),
  );
}

export const timeTextFor =
  (moment: Moment): TimeText =>
  (iso) =>
    shortTime(iso, moment);

export const assess = (facts: ConnectionFacts, moment: Moment): Assessment => ({
  name: facts.name,
  provenUpTo: provenUpTo(facts.coverage),
  troubles: troublesOf(facts, { now: moment.now, when: timeTextFor(moment) }),
});
