import { readTime } from '../../domain/values/time.ts';

/** How far our own clock may be behind the platform's, where the platform does not say what time it is. */
const MOST_AHEAD_MS = 24 * 3_600_000;
/** A `Date` header is cut to its second. */
const CUT_MS = 999;

/** When a list was answered, by the platform's own clock. */
export interface AnswerTime {
  /** The answer's `Date`, ISO 8601 UTC; null: it has none. */
  answeredAt: string | null;
  /** No row can have changed later: a time beyond it moves no watermark. */
  latest: string;
}

export function readAnswerTime(headers: Readonly<Record<string, string>>, now: Date): AnswerTime {
  const ours = new Date(now.getTime() + MOST_AHEAD_MS).toISOString();
  const answeredAt = readTime(headers.date);
  if (answeredAt === null || answeredAt > ours) return { answeredAt: null, latest: ours };
  return { answeredAt, latest: new Date(Date.parse(answeredAt) + CUT_MS).toISOString() };
}

/** The time as the platform wrote it, where it can be read and is not later than the answer; else null. */
export function believedTime<Written>(written: Written, { latest }: Pick<AnswerTime, 'latest'>): Written | null {
  const time = readTime(written);
  return time !== null && time <= latest ? written : null;
}
