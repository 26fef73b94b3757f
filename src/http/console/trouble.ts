import type { Tone } from './components/components.ts';

/** A link to follow, a button to press, or a command to run elsewhere. */
export type Step =
  | { kind: 'link'; label: string; href: string }
  | { kind: 'press'; label: string; path: string; hidden?: Readonly<Record<string, string | undefined>> }
  | { kind: 'command'; text: string };

/** One problem: its cause in a sentence, since when, and what to do about it. */
export interface Trouble {
  /** `plain`: for information, nothing to do. */
  tone: Exclude<Tone, 'good'>;
  /** What it means for the data: some may be missing, some is stored but not applied, or neither. */
  effect: 'missing' | 'not applied' | 'none';
  sentence: string;
  since: string | null;
  steps: readonly Step[];
}

/** Formats a time in the reader's zone. */
export type TimeText = (iso: string) => string;
