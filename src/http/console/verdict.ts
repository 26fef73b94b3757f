import type { CoverageSpan } from '../../reconciliation/coverage.ts';
import type { Tone } from './components/components.ts';
import { countText } from './components/format.ts';
import type { TimeText, Trouble } from './trouble.ts';

/** Where the proof ends: the end of the last proven span; null: nothing has been proven yet. */
export const provenUpTo = (coverage: readonly CoverageSpan[]): string | null =>
  coverage
    .filter((span) => span.state === 'proven')
    .reduce<string | null>((latest, { to }) => (to !== null && (latest === null || to > latest) ? to : latest), null);

/** One connection with its assessment. */
export interface Assessment {
  name: string;
  provenUpTo: string | null;
  troubles: readonly Trouble[];
}

/** Answers “Was anything lost?” in one sentence. */
export interface Verdict {
  tone: Tone;
  sentence: string;
}

export const worstTone = (troubles: readonly Trouble[]): Tone =>
  troubles.some(({ tone }) => tone === 'bad') ? 'bad' : troubles.some(({ tone }) => tone === 'watch') ? 'watch' : 'good';

/** Pure: one sentence about all connections and the problems outside them. */
export function verdictOf(connections: readonly Assessment[], general: readonly Trouble[], when: TimeText): Verdict {
  if (connections.length === 0)
    return { tone: 'watch', sentence: 'No connections are configured, so nothing can arrive. Add one to the connections file.' };
  const troubles = [...connections.flatMap((one) => one.troubles), ...general].filter(({ tone }) => tone !== 'plain');
  const tone = worstTone(troubles);
  const proven = provenText(connections, when);
  if (troubles.length === 0)
    return { tone: proven.complete ? 'good' : 'plain', sentence: `${proven.complete ? 'No. ' : ''}${proven.text}` };
  const problems = countText(troubles.length, 'problem');
  if (troubles.some(({ effect }) => effect === 'missing')) return { tone, sentence: `Not known yet: ${problems}. ${proven.text}` };
  if (troubles.some(({ effect }) => effect === 'not applied'))
    return { tone, sentence: `Nothing is lost, but not everything is applied: ${problems}. ${proven.text}` };
  return { tone, sentence: `Nothing is lost, but there ${troubles.length === 1 ? 'is' : 'are'} ${problems}. ${proven.text}` };
}

function provenText(connections: readonly Assessment[], when: TimeText): { complete: boolean; text: string } {
  const proven = connections.flatMap((one) => one.provenUpTo ?? []).sort();
  const others = connections.length - proven.length;
  const [earliest] = proven;
  if (earliest === undefined)
    return { complete: false, text: 'Everything received is stored; nothing could be compared with the platforms yet.' };
  const rest =
    others === 0
      ? ''
      : ` ${countText(others, 'connection')} could not be compared with ${others === 1 ? 'its platform' : 'their platforms'}.`;
  return {
    complete: true,
    text: `Verified complete up to ${when(earliest)}${connections.length === 1 ? '' : ` on ${countText(proven.length, 'connection')}`}.${rest}`,
  };
}
