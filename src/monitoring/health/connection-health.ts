import type { Context } from '../../context.ts';
import type { Connection } from '../../platforms/contract/platform.ts';
import {
  type CredentialUse,
  readBacklog,
  readCredentialsInUse,
  readLastDeliveryAt,
  readLastSuccessAt,
} from '../../store/monitoring/read-health.ts';
import { readRegistrations, type StoredRegistrations } from '../../store/monitoring/registrations.ts';
import { readResponses } from '../../store/monitoring/responses.ts';
import { readProven } from '../../store/reconciliation/coverage.ts';
import { readWatermarks } from '../../store/reconciliation/watermarks.ts';
import { circuitOf } from '../platform-access.ts';
import { type FailureBudget, failureBudget } from './failure-budget.ts';
import { type Latency, latency } from './latency.ts';
import { type Calculated, rememberFigure } from './remember-figures.ts';
import { type Silence, silence } from './silence.ts';

/** The health of a connection, as an operator needs it. */
export interface ConnectionHealth {
  lastDeliveryAt: string | null;
  lastSuccessAt: string | null;
  /** Deliveries that are waiting or being processed. */
  backlog: number;
  oldestWaitingAt: string | null;
  /** Null if there is no API. */
  circuit: CircuitState | null;
  /** The platform's own string; several streams are listed by name. */
  watermark: string | null;
  /** How long ago the time up to which reconciliation has proven completeness is; null: nothing is proven yet. */
  lagMs: number | null;
  /** Answers of the last 24 hours by status. */
  answers: Readonly<Record<string, number>>;
  failureBudget: FailureBudget;
  silence: Silence;
  latency: Latency;
  credentials: readonly CredentialUse[];
  /** The platform's registrations when they were last read; null if they cannot be read. */
  registrations: StoredRegistrations | null;
}

type CircuitState = 'closed' | 'open' | 'half-open';

const DAY_MS = 86_400_000;

export async function connectionHealth(context: Context, connection: Connection): Promise<ConnectionHealth> {
  const sql = context.db.read;
  const { name } = connection;
  const now = context.clock.now().getTime();
  const backlog = await readBacklog(sql, name);
  const lastDeliveryAt = await readLastDeliveryAt(sql, name);
  const provenTo = (await readProven(sql, name)).at(-1)?.to ?? null;
  return {
    lastDeliveryAt,
    lastSuccessAt: await readLastSuccessAt(sql, name),
    backlog: backlog.count,
    oldestWaitingAt: backlog.oldestAt,
    circuit: await circuitOf(context, connection),
    watermark: watermarkText(await readWatermarks(sql, name)),
    lagMs: provenTo === null ? null : Math.max(0, now - Date.parse(provenTo)),
    answers: await readResponses(sql, name, new Date(now - DAY_MS).toISOString()),
    failureBudget: await failureBudget(context, connection),
    silence: await silence(context, connection, lastDeliveryAt),
    latency: await latency(context, connection),
    credentials: await credentialsInUse(context, connection),
    registrations: await readRegistrations(sql, name),
  };
}

const credentialsInUse = rememberFigure(async (context, { name }): Promise<Calculated<CredentialUse[]>> => {
  const figure = await readCredentialsInUse(context.db.read, name);
  return { figure, rows: figure.reduce((sum, { uses }) => sum + uses, 0) };
});

function watermarkText(watermarks: ReadonlyMap<string, string | null>): string | null {
  const known = [...watermarks].filter(([, watermark]) => watermark !== null);
  if (known.length <= 1) return known[0]?.[1] ?? null;
  return known.map(([stream, watermark]) => `${stream}=${watermark}`).join(' ');
}
