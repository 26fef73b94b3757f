import type { JsonObject } from '../values/json.ts';

/** What a delivery contains, in memory. */
export interface RecentContent {
  headers: Record<string, string>;
  body: Buffer;
  /** The body as its platform has parsed it; missing: it has to be parsed again. */
  document?: JsonObject | undefined;
}

/** Contents of the deliveries that this process has just stored: if it also processes them, it need not unpack and parse them again. */
export interface RecentContents {
  keep(deliveryId: string, content: RecentContent): void;
  /** Returns the content of a delivery once; undefined: read it from the database. */
  take(deliveryId: string): RecentContent | undefined;
}

/** For a process that does not process deliveries. */
export const NO_RECENT_CONTENTS: RecentContents = { keep: () => {}, take: () => undefined };

/** A body up to this size is retained parsed; that takes some ten times its size. */
export const MOST_RETAINED_BYTES = 65_536;
/** Most bytes of bodies that are retained at a time. */
const MOST_BYTES = 1_000_000;
/** Later, another process has probably processed the delivery. */
const LONGEST_MS = 5000;

/** When it is full, the oldest contents stay: deliveries are processed in the order of their arrival. */
export function createRecentContents(nowMs: () => number): RecentContents {
  const contents = new Map<string, { content: RecentContent; untilMs: number }>();
  let bytes = 0;
  const take = (deliveryId: string): RecentContent | undefined => {
    const found = contents.get(deliveryId);
    if (!found) return undefined;
    contents.delete(deliveryId);
    bytes -= found.content.body.length;
    return found.content;
  };
  const dropOld = (now: number) => {
    for (const [deliveryId, { untilMs }] of contents) {
      if (untilMs > now) return;
      take(deliveryId);
    }
  };
  return {
    keep(deliveryId, content) {
      const now = nowMs();
      dropOld(now);
      if (content.body.length > MOST_RETAINED_BYTES || bytes + content.body.length > MOST_BYTES) return;
      contents.set(deliveryId, { content, untilMs: now + LONGEST_MS });
      bytes += content.body.length;
    },
    take,
  };
}
