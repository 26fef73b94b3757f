import type { ConnectionHealth } from '../../monitoring/connection-health.ts';
import type { CoverageSpan } from '../../reconciliation/coverage.ts';
import type { AlertRow } from '../../store/monitoring/list-alerts.ts';
import type { RunRow } from '../../store/reconciliation/list-runs.ts';
import type { FailureCause } from '../../views/causes.ts';
import { alertTrouble } from './alert-troubles.ts';
import { countText, spanText } from './components/format.ts';
import { connectionLink, deliveriesLink, link, runLink } from './components/links.ts';
import type { Step, TimeText, Trouble } from './trouble.ts';

/** A group of failures, with what only its sample delivery shows. */
export interface KnownCause extends FailureCause {
  /** It failed when it was received: the sender got an error. */
  onArrival?: boolean;
  /** The event is unknown, but was applied as the snapshot that it carries. */
  isApplied?: boolean;
}

/** What is known about one connection. `health` is null when it could not be read. */
export interface ConnectionFacts {
  name: string;
  /** The platform has an API: lists to compare with, resources to fetch. */
  hasApi: boolean;
  health: ConnectionHealth | null;
  coverage: readonly CoverageSpan[];
  /** Why its deliveries failed, are waiting, or were not understood. */
  causes: readonly KnownCause[];
  missingDocuments: number;
  gaps: number;
  lastRun: Pick<RunRow, 'id' | 'state' | 'error' | 'startedAt' | 'finishedAt'> | null;
  alerts: readonly AlertRow[];
}

type Assessor = (facts: ConnectionFacts, moment: { now: Date; when: TimeText }) => Trouble[];

const DAY_MS = 86_400_000;
const SETTLED_MS = 30_000;

/** Failures caused by the body or an id: the same bytes fail again however often they are processed. */
export const PERMANENT = new Set(['invalid_body', 'invalid_id', 'id_too_long', 'id_not_addressable']);

export const reconcileStep = (name: string): Step => ({
  kind: 'press',
  label: 'Reconcile now',
  path: `/connections/${encodeURIComponent(name)}/reconcile`,
});

const retryStep = ({ criteria, waiting }: FailureCause): Step => ({
  kind: 'press',
  label: waiting === 1 ? 'Retry it now' : `Retry all ${waiting} now`,
  path: '/deliveries/retry',
  hidden: criteria,
});

/** The error text without its code: `GET … answered 401`. */
export const plainError = (error: string): string => error.replace(/^[a-z_]+: /, '');

const failed: Assessor = ({ name, hasApi, causes }) =>
  causes
    .filter(({ dead }) => dead > 0)
    .map((cause): Trouble => {
      const { dead, code, criteria, onArrival = false } = cause;
      const number = countText(dead, 'delivery', 'deliveries');
      const look: Step = {
        kind: 'link',
        label: dead === 1 ? 'Look at it' : 'Look at them',
        href: deliveriesLink({ ...criteria, state: 'dead' }),
      };
      const dismiss: Step = { kind: 'link', label: 'Dismiss…', href: link('/deliveries/dismiss', { ...criteria, state: 'dead' }) };
      const reason = plainError(cause.cause);
      if (onArrival && PERMANENT.has(code))
        return {
          tone: 'bad',
          effect: 'not applied',
          sentence: `${number} cannot be read: ${reason}. The sender got a 400. A replay would fail again: ask the platform to send ${dead === 1 ? 'it' : 'them'} again${hasApi ? ', or reconcile' : ''}, then dismiss.`,
          since: cause.first,
          steps: [look, ...(hasApi ? [reconcileStep(name)] : []), dismiss],
        };
      const replay: Step = { kind: 'link', label: 'Replay…', href: link('/deliveries/replay', { ...criteria, state: 'dead' }) };
      return {
        tone: 'bad',
        effect: 'not applied',
        sentence: `${number} failed and ${dead === 1 ? 'is' : 'are'} not applied: ${reason}. Fix the cause, then replay.`,
        since: cause.first,
        steps: [look, replay, dismiss],
      };
    });

const refusesUs = ({ causes, lastRun, alerts }: ConnectionFacts): { error: string; since: string | null } | null => {
  const alert = alerts.find(({ code }) => code === 'platform_refuses_us');
  if (alert)
    return { error: typeof alert.details.error === 'string' ? plainError(alert.details.error) : alert.text, since: alert.openedAt };
  const cause = causes.find(({ code, waiting }) => (code === 'remote_unauthorized' || code === 'platform_refuses_us') && waiting > 0);
  if (cause) return { error: plainError(cause.cause), since: cause.first };
  if (lastRun?.error?.startsWith('remote_unauthorized')) return { error: plainError(lastRun.error), since: lastRun.startedAt };
  return null;
};

const waitingText = (count: number): string => (count === 0 ? '' : ` ${countText(count, 'webhook waits', 'webhooks wait')}.`);

const loginRefused: Assessor = (facts) => {
  const refusal = refusesUs(facts);
  if (refusal === null) return [];
  const { name, health, causes } = facts;
  const waiting = causes.filter((cause) => cause.waiting > 0);
  return [
    {
      tone: 'bad',
      effect: 'none',
      sentence: `The platform refuses our API login (${refusal.error}). Nothing is lost:${waitingText(health?.backlog ?? 0) || ' webhooks are kept.'} Correct the credentials under “api” of ${name}, then reload the service (SIGHUP), or restart it if they are in .env.`,
      since: refusal.since,
      steps: [{ kind: 'command', text: 'orderdock check' }, ...waiting.slice(0, 1).map(retryStep)],
    },
  ];
};

const unreachable: Assessor = ({ health, alerts }, { when }) => {
  const alert = alerts.find(({ code }) => code === 'platform_unreachable');
  if (health?.circuit !== 'open' && !alert) return [];
  return [
    {
      tone: 'watch',
      effect: 'none',
      sentence: `The platform API is unreachable${alert ? ` since ${when(alert.openedAt)}` : ''}. Nothing is lost:${waitingText(health?.backlog ?? 0) || ' deliveries are kept.'} They are processed automatically when it is back; there is nothing to do.`,
      since: alert?.openedAt ?? health?.oldestWaitingAt ?? null,
      steps: [],
    },
  ];
};

/** Deliveries that failed and wait for a retry. Those that wait for the platform itself are reported once, above. */
const waiting: Assessor = (facts, { now }) => {
  if (refusesUs(facts) !== null || facts.health?.circuit === 'open') return [];
  return facts.causes
    .filter((cause) => cause.waiting > 0 && cause.code !== 'circuit_open' && now.getTime() - Date.parse(cause.first) >= SETTLED_MS)
    .map((cause) => ({
      tone: 'watch',
      effect: 'none',
      sentence: `${countText(cause.waiting, 'delivery failed and waits', 'deliveries failed and wait')} for the next attempt: ${plainError(cause.cause)}. It happens automatically; after a fix, retry at once.`,
      since: cause.first,
      steps: [{ kind: 'link', label: 'Look at them', href: deliveriesLink({ ...cause.criteria, state: 'pending' }) }, retryStep(cause)],
    }));
};

const unknownEvents: Assessor = ({ causes }) =>
  causes
    .filter(({ event }) => event !== null)
    .map(({ event, count, sampleId, first, isApplied = false }) => ({
      tone: isApplied ? 'plain' : 'watch',
      effect: isApplied ? 'none' : 'not applied',
      sentence: isApplied
        ? `Unknown event “${event}”, ${countText(count, 'time')}: applied as the snapshot that it carries. Report its name to the adapter's maintainer.`
        : `Unknown event “${event}”: ${countText(count, 'delivery is', 'deliveries are')} kept but not applied. Report it to the adapter's maintainer, and replay after the update.`,
      since: first,
      steps: [
        { kind: 'link', label: 'Look at one', href: link(`/deliveries/${encodeURIComponent(sampleId)}`) },
        { kind: 'link', label: 'Drift', href: link('/drift', { kind: 'event' }) },
      ],
    }));

const REJECTED = /^rejected_deliveries: (\d+) answered (\d+) (\w+)/;

const periodText = (from: string | null, until: string): string =>
  from === null ? `before ${until}` : from === until ? `at ${until}` : `${from} to ${until}`;

const unproven: Assessor = ({ name, hasApi, coverage, lastRun, causes }, { now, when }) =>
  coverage
    .filter(({ state }) => state === 'unproven')
    .flatMap((span): Trouble[] => {
      const { from, to, reason } = span;
      const until = to ?? now.toISOString();
      // Without a list this can never be verified: shown for a day, then only on the connection's page.
      if (!hasApi && now.getTime() - Date.parse(until) > DAY_MS) return [];
      const steps: Step[] = !hasApi
        ? []
        : lastRun?.state === 'running'
          ? [{ kind: 'link', label: 'A run is under way', href: runLink(lastRun.id) }]
          : [reconcileStep(name)];
      const period = periodText(from === null ? null : when(from), when(until));
      const rejected = REJECTED.exec(reason ?? '');
      // Deliveries stored as dead are reported with their cause.
      if (rejected && PERMANENT.has(rejected[3] ?? '') && causes.some(({ onArrival }) => onArrival)) return [];
      if (rejected)
        return [
          {
            tone: 'watch',
            effect: 'missing',
            sentence: `${countText(Number(rejected[1]), 'webhook was', 'webhooks were')} rejected with ${rejected[2]} (${rejected[3]}), ${period}. ${hasApi ? 'A reconcile run fetches what they announced.' : 'There is no list to compare with: ask the platform to send them again.'}`,
            since: from,
            steps: [{ kind: 'link', label: 'See the rejected requests', href: `${connectionLink(name)}/rejections` }, ...steps],
          },
        ];
      if (reason === 'standstill') return [downtime(hasApi, from, until, period, steps)];
      return [notCompared(hasApi, lastRun, period, from, steps)];
    });

function downtime(hasApi: boolean, from: string | null, until: string, period: string, steps: readonly Step[]): Trouble {
  const length = from === null ? '' : ` (${spanText(Date.parse(until) - Date.parse(from))})`;
  return {
    tone: hasApi ? 'watch' : 'plain',
    effect: hasApi ? 'missing' : 'none',
    sentence: `Orderdock was down ${period}${length}. ${hasApi ? 'What changed in that time has not been compared yet.' : 'This platform has no list to compare with; its own retries cover short downtimes.'}`,
    since: from,
    steps,
  };
}

function notCompared(
  hasApi: boolean,
  lastRun: ConnectionFacts['lastRun'],
  period: string,
  from: string | null,
  steps: readonly Step[],
): Trouble {
  const error =
    lastRun?.state === 'failed' && lastRun.error !== null
      ? ` the last reconcile run failed (${plainError(lastRun.error)})`
      : ' no finished run has compared it';
  const look: Step[] = lastRun?.state === 'failed' ? [{ kind: 'link', label: 'See the run', href: runLink(lastRun.id) }] : [];
  return {
    tone: 'watch',
    effect: 'missing',
    sentence: `Not verified, ${period}:${error}.`,
    since: from,
    steps: hasApi ? [...look, ...steps] : look,
  };
}

const neverProven: Assessor = ({ name, hasApi, coverage, lastRun }) => {
  if (coverage.some(({ state }) => state !== 'open')) return [];
  if (!hasApi)
    return [
      {
        tone: 'plain',
        effect: 'none',
        sentence: 'No API is configured: what arrives is kept and applied, but completeness cannot be checked.',
        since: null,
        steps: [],
      },
    ];
  const running = lastRun?.state === 'running';
  return [
    {
      tone: 'watch',
      effect: 'missing',
      sentence: running ? 'Not verified yet: the first reconcile run is under way.' : 'Not verified yet: no reconcile run has finished.',
      since: null,
      steps: lastRun
        ? [{ kind: 'link', label: 'See the run', href: runLink(lastRun.id) }, ...(running ? [] : [reconcileStep(name)])]
        : [reconcileStep(name)],
    },
  ];
};

const missingDocuments: Assessor = ({ name, missingDocuments: number }) =>
  number === 0
    ? []
    : [
        {
          tone: 'watch',
          effect: 'none',
          sentence: `${countText(number, 'document is', 'documents are')} missing: announced, but not downloaded.`,
          since: null,
          steps: [{ kind: 'link', label: number === 1 ? 'See it' : 'See them', href: link('/documents', { connection: name }) }],
        },
      ];

/** Alerts whose facts the assessors above report in more detail. */
const COVERED = new Set(['delivery_dead', 'platform_refuses_us', 'platform_unreachable', 'document_failed', 'reconcile_failed']);

const isRejectedSpan = (coverage: readonly CoverageSpan[]): boolean => coverage.some(({ reason }) => REJECTED.test(reason ?? ''));

const otherAlerts: Assessor = ({ alerts, coverage }) =>
  alerts.filter(({ code }) => !COVERED.has(code) && !(code === 'webhooks_rejected' && isRejectedSpan(coverage))).map(alertTrouble);

const ASSESSORS: readonly Assessor[] = [
  loginRefused,
  failed,
  unreachable,
  waiting,
  unproven,
  neverProven,
  unknownEvents,
  missingDocuments,
  otherAlerts,
];

const ORDER: readonly Trouble['tone'][] = ['bad', 'watch', 'plain'];

export const isReconcile = (step: Step): boolean => step.kind === 'press' && step.path.endsWith('/reconcile');

/** Pure: the problems of a connection, worst first; a reconcile run is offered once. */
export const troublesOf: (...given: Parameters<Assessor>) => Trouble[] = (facts, moment) => {
  const found = ASSESSORS.flatMap((assess) => assess(facts, moment));
  // A reconcile run cannot help while the platform refuses our login.
  const isRefused = refusesUs(facts) !== null;
  const helpful = (step: Step) => !(isRefused && isReconcile(step));
  let isOffered = false;
  const once = (step: Step) => {
    if (!isReconcile(step)) return true;
    const isFirst = !isOffered;
    isOffered = true;
    return isFirst;
  };
  return found
    .sort((a, b) => ORDER.indexOf(a.tone) - ORDER.indexOf(b.tone))
    .map((trouble) => ({ ...trouble, steps: trouble.steps.filter(helpful).filter(once) }));
};
