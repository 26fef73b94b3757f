import type { ConnectionHealth } from '../../monitoring/connection-health.ts';
import type { CoverageSpan } from '../../reconciliation/coverage.ts';
import type { Tone } from './components.ts';
import { countText, listText, timeText } from './format.ts';

/** What is known of one connection. `health` null: it could not be asked for. */
export interface ConnectionFacts {
  name: string;
  health: ConnectionHealth | null;
  coverage: readonly CoverageSpan[];
  dead: number;
  notHeld: number;
  gaps: number;
  /** A reconcile run has been tried: there is a list to compare with. */
  compared: boolean;
}

/** Was anything lost? In one sentence, and what to do about it. */
export interface Verdict {
  tone: Tone;
  sentence: string;
  /** What to press; null: nothing. */
  next: string | null;
}

/** Where the proof ends: the end of the last proven span; null: nothing has been proven yet. */
export const provenUpTo = (coverage: readonly CoverageSpan[]): string | null =>
  coverage
    .filter((span) => span.state === 'proven')
    .reduce<string | null>((latest, { to }) => (to !== null && (latest === null || to > latest) ? to : latest), null);

/** Pure: what a connection's facts say. The worst comes first. */
export function verdictOf({ health, coverage, dead, notHeld, compared }: ConnectionFacts): Verdict {
  const upTo = provenUpTo(coverage);
  const unproven = coverage.find((span) => span.state === 'unproven');
  if (dead > 0) {
    return {
      tone: 'bad',
      sentence: `${countText(dead, 'delivery is', 'deliveries are')} kept but without effect.`,
      next: 'Look at the dead deliveries, mend the reason, then replay them.',
    };
  }
  if (unproven) {
    const span = `between ${timeText(unproven.from)} and ${timeText(unproven.to)}`;
    return {
      tone: 'watch',
      sentence: `Something may be missing ${span}: ${unproven.reason ?? 'no finished run has seen that time'}.`,
      next: 'Press “Reconcile now”.',
    };
  }
  if (health?.circuit === 'open') {
    return {
      tone: 'watch',
      sentence: 'The platform does not answer; deliveries are kept and wait for it.',
      next: 'Nothing: they are worked when it is back.',
    };
  }
  if (upTo === null && !compared) {
    return {
      tone: 'plain',
      sentence: 'What arrived is kept; there has been no list to compare it with, so nothing more can be said.',
      next: null,
    };
  }
  if (upTo === null) {
    return {
      tone: 'watch',
      sentence: 'Nothing is proven yet: no reconcile run has finished.',
      next: 'Press “Reconcile now”, or look at the last run.',
    };
  }
  if (notHeld > 0) {
    return {
      tone: 'watch',
      sentence: `No change was lost up to ${timeText(upTo)}, but ${countText(notHeld, 'document is', 'documents are')} not held.`,
      next: 'Look at the documents and fetch them again.',
    };
  }
  return { tone: 'good', sentence: `Nothing was lost up to ${timeText(upTo)}.`, next: null };
}

// That a connection cannot be compared is no trouble of today.
const WORSE: readonly Tone[] = ['plain', 'good', 'watch', 'bad'];

/** All connections in one sentence. */
export function overallVerdict(all: readonly { name: string; verdict: Verdict; provenUpTo: string | null }[]): Verdict {
  if (all.length === 0)
    return { tone: 'watch', sentence: 'There is no connection: nothing can arrive.', next: 'Write one into the connections file.' };
  const worst = all.reduce((tone: Tone, { verdict }) => (WORSE.indexOf(verdict.tone) > WORSE.indexOf(tone) ? verdict.tone : tone), 'good');
  const troubled = all.filter(({ verdict }) => verdict.tone === worst);
  if (worst !== 'good') {
    const names = listText(troubled.map(({ name }) => name));
    const [first] = troubled;
    const sentence = troubled.length === 1 && first ? `${names}: ${first.verdict.sentence}` : `${names} need a look.`;
    return {
      tone: worst,
      sentence,
      next: troubled.length === 1 && first ? first.verdict.next : 'Go through them below, the red ones first.',
    };
  }
  const proven = all.flatMap((one) => one.provenUpTo ?? []).sort();
  const others = all.length - proven.length;
  if (proven.length === 0)
    return { tone: 'plain', sentence: 'What arrived is kept; nothing could be compared with the platforms yet.', next: null };
  const rest = others === 0 ? '' : ` ${countText(others, 'connection has', 'connections have')} no list to compare with.`;
  return {
    tone: 'good',
    sentence: `No. ${countText(proven.length, 'connection is', 'connections are')} proven complete up to ${timeText(proven[0] ?? null)}.${rest}`,
    next: null,
  };
}
