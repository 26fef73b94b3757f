import { PERMANENT } from '../../domain/outcome.ts';
import { countText, spanText } from './components/format.ts';
import { runLink } from './components/links.ts';
import { type Assessor, type ConnectionFacts, plainError, reconcileStep, type Step, type Trouble } from './trouble.ts';

const DAY_MS = 86_400_000;

const REJECTED = /^rejected_deliveries: (\d+) answered (\d+) (\w+)/;

const periodText = (from: string | null, until: string): string =>
  from === null ? `before ${until}` : from === until ? `at ${until}` : `${from} to ${until}`;

/** Periods that no run has verified: downtime, rejected requests, interrupted or failed runs. */
export const unproven: Assessor = ({ name, hasApi, coverage, lastRun, causes }, { now, when }) =>
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
          ? [{ kind: 'link', label: 'A run is in progress', href: runLink(lastRun.id) }]
          : [reconcileStep(name)];
      const period = periodText(from === null ? null : when(from), when(until));
      const rejected = REJECTED.exec(reason ?? '');
      // Deliveries stored as dead are reported with their cause.
      if (rejected && PERMANENT.has(rejected[3] ?? '') && causes.some(({ code, dead }) => dead > 0 && PERMANENT.has(code))) return [];
      if (rejected)
        return [
          {
            tone: 'watch',
            effect: 'missing',
            sentence: `${countText(Number(rejected[1]), 'webhook was', 'webhooks were')} rejected with ${rejected[2]} (${rejected[3]}), ${period}. ${hasApi ? 'A reconcile run fetches what they announced.' : 'There is no list to compare with: ask the platform to send them again.'}`,
            since: from,
            steps,
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
    sentence: `Orderdock was down ${period}${length}. ${hasApi ? 'Changes in that time have not been compared yet.' : 'This platform has no list to compare with; its own retries cover short downtimes.'}`,
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

/** A connection of which nothing has been verified yet. */
export const neverProven: Assessor = ({ name, hasApi, coverage, lastRun }) => {
  if (coverage.some(({ state }) => state !== 'open')) return [];
  if (!hasApi)
    return [
      {
        tone: 'plain',
        effect: 'none',
        sentence: 'No API is configured: deliveries are stored and applied, but completeness cannot be checked.',
        since: null,
        steps: [],
      },
    ];
  const running = lastRun?.state === 'running';
  return [
    {
      tone: 'watch',
      effect: 'missing',
      sentence: running ? 'Not verified yet: the first reconcile run is in progress.' : 'Not verified yet: no reconcile run has finished.',
      since: null,
      steps: lastRun
        ? [{ kind: 'link', label: 'See the run', href: runLink(lastRun.id) }, ...(running ? [] : [reconcileStep(name)])]
        : [reconcileStep(name)],
    },
  ];
};
