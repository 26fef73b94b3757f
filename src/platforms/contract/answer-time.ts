import { readTime } from '../../domain/values/time.ts';

/** How far our clock may be behind the platform's if the platform does not send its time. */
const MOST_AHEAD_MS = 24 * 3_600_000;
/** A `Date` header is truncated to the second. */
const TRUNCATED_MS = 999;

/** When the platform responded, by its own clock. */
export interface AnswerTime {
  /** The response's `Date`, ISO 8601 UTC; null if it has none. */
  answeredAt: string | null;
  /** No row can have changed later: a later time never moves the watermark. */
  latest: string;
}

export function readAnswerTime(headers: Readonly<Record<string, string>>, now: Date): AnswerTime {
  const ours = new Date(now.getTime() + MOST_AHEAD_MS).toISOString();
  const answeredAt = readTime(headers.date);
  if (answeredAt === null || answeredAt > ours) return { answeredAt: null, latest: ours };
  return { answeredAt, latest: new Date(Date.parse(answeredAt) + TRUNCATED_MS).toISOString() };
}

/** The time as the platform wrote it if it is readable and not later than the response; else null. */
export function believedTime<Written>(written: Written, { latest }: Pick<AnswerTime, 'latest'>): Written | null {
  const time = readTime(written);
  return time !== null && time <= latest ? written : null;
}
