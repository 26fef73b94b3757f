import { PERMANENT } from '../../domain/outcome.ts';
import type { FailureCause } from '../../views/causes.ts';
import { alertTrouble } from './alert-troubles.ts';
import { countText, shortEvent } from './components/format.ts';
import { connectionLink, deliveriesLink, link } from './components/links.ts';
import { neverProven, unproven } from './coverage-troubles.ts';
import { type Assessor, type ConnectionFacts, errorSentence, plainError, reconcileStep, type Step, type Trouble } from './trouble.ts';

const SETTLED_MS = 30_000;

const retryStep = ({ criteria, waiting }: FailureCause): Step => ({
  kind: 'press',
  label: waiting === 1 ? 'Retry it now' : `Retry all ${waiting} now`,
  path: '/deliveries/retry',
  hidden: criteria,
});

const failed: Assessor = ({ name, hasApi, causes }) =>
  causes
    .filter(({ dead }) => dead > 0)
    .map((cause): Trouble => {
      const { dead, code, criteria, onArrival = false } = cause;
      const number = countText(dead, 'delivery', 'deliveries');
      const look: Step = {
        kind: 'link',
        label: dead === 1 ? 'Show it' : 'Show them',
        href: deliveriesLink({ ...criteria, state: 'dead' }),
      };
      const dismiss: Step = { kind: 'link', label: 'Dismiss…', href: link('/deliveries/dismiss', { ...criteria, state: 'dead' }) };
      const reason = errorSentence(cause.cause);
      if (PERMANENT.has(code))
        return {
          tone: 'bad',
          effect: 'not applied',
          sentence: `${number} cannot be applied: ${reason}${onArrival ? ' The sender got a 400.' : ''} A replay would fail again: ask the platform to send ${dead === 1 ? 'it' : 'them'} again${hasApi ? ', or reconcile' : ''}, then dismiss.`,
          since: cause.first,
          steps: [look, ...(hasApi ? [reconcileStep(name)] : []), dismiss],
        };
      const replay: Step = { kind: 'link', label: 'Replay…', href: link('/deliveries/replay', { ...criteria, state: 'dead' }) };
      return {
        tone: 'bad',
        effect: 'not applied',
        sentence: `${number} failed and ${dead === 1 ? 'is' : 'are'} not applied: ${reason} Fix the cause, then replay.`,
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
      sentence: `The platform refuses our API login (${refusal.error}). Nothing is lost:${waitingText(health?.backlog ?? 0) || ' webhooks are stored.'} Correct the credentials under “api” of ${name}, then reload the service (SIGHUP), or restart it if they are in .env.`,
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
      sentence: `The platform API is unreachable${alert ? ` since ${when(alert.openedAt)}` : ''}. Nothing is lost:${waitingText(health?.backlog ?? 0) || ' deliveries are stored.'} They are processed automatically when it is reachable again; there is nothing to do.`,
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
      sentence: `${countText(cause.waiting, 'delivery failed and waits', 'deliveries failed and wait')} for the next attempt: ${errorSentence(cause.cause)} This happens automatically; after a fix, retry immediately.`,
      since: cause.first,
      steps: [{ kind: 'link', label: 'Show them', href: deliveriesLink({ ...cause.criteria, state: 'pending' }) }, retryStep(cause)],
    }));
};

const unknownEvents: Assessor = ({ causes }) =>
  causes
    .filter(({ event }) => event !== null)
    .map(({ event, count, sampleId, first, isApplied = false }) => ({
      tone: isApplied ? 'plain' : 'watch',
      effect: isApplied ? 'none' : 'not applied',
      sentence: isApplied
        ? `Unknown event “${shortEvent(event ?? '')}”, ${countText(count, 'time')}: applied as the snapshot that it carries. Report its name to the adapter's maintainer.`
        : `Unknown event “${shortEvent(event ?? '')}”: ${countText(count, 'delivery is', 'deliveries are')} stored but not applied. Report it to the adapter's maintainer, and replay after the update.`,
      since: first,
      steps: [
        { kind: 'link', label: 'Show an example', href: link(`/deliveries/${encodeURIComponent(sampleId)}`) },
        { kind: 'link', label: 'Drift', href: link('/drift', { kind: 'event' }) },
      ],
    }));

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

const rejectedRequests: Assessor = ({ name, hasApi, alerts }) =>
  alerts
    .filter(({ code }) => code === 'webhooks_rejected')
    .map((alert) => ({
      ...alertTrouble(alert),
      sentence: `${countText(alert.count, 'webhook was', 'webhooks were')} rejected for wrong credentials or a wrong address (the last one: ${alert.details.reason}). If the platform sent them, correct its secret or ours${hasApi ? ', then reconcile' : ''}; anyone else's do no harm.`,
      steps: [
        { kind: 'link', label: 'See the rejected requests', href: `${connectionLink(name)}/rejections` },
        ...(hasApi ? [reconcileStep(name)] : []),
      ],
    }));

/** Alerts whose facts the assessors above report in more detail. */
const COVERED = new Set([
  'delivery_dead',
  'platform_refuses_us',
  'platform_unreachable',
  'document_failed',
  'reconcile_failed',
  'webhooks_rejected',
]);

const otherAlerts: Assessor = ({ alerts }) => alerts.filter(({ code }) => !COVERED.has(code)).map(alertTrouble);

const ASSESSORS: readonly Assessor[] = [
  loginRefused,
  failed,
  unreachable,
  waiting,
  unproven,
  neverProven,
  rejectedRequests,
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
