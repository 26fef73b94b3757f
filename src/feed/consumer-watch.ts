import type { Context } from '../context.ts';
import { errorText } from '../domain/outcome.ts';
import { type ConsumerRow, listConsumers } from '../store/feed/list-consumers.ts';
import { type Notice, readNotices } from '../store/feed/notices.ts';
import { createConsumerAlerts } from './consumer-alerts.ts';
import { notifyConsumer, type PostNotice } from './notify.ts';

type WatchContext = Pick<Context, 'db' | 'clock' | 'random' | 'log' | 'alerts' | 'feedChanged'>;

const MOST_CONSUMERS = 1000;
/** A consumer can become late, or an attempt due, through time alone: checked this often, and immediately when the feed has changed. */
const LOOK_MS = 2000;
/** Under load the feed changes all the time, so checks are limited to this rate. */
const AT_MOST_EVERY_MS = 500;

/** Checks all consumers once: alerts, and notifications of new changes. Resolves when those have been sent. */
export function createConsumerCheck(context: WatchContext, post: PostNotice): () => Promise<void> {
  const alertAbout = createConsumerAlerts(context);
  const inFlight = new Set<string>();
  const notify = async (consumer: ConsumerRow, notice: Notice) => {
    if (inFlight.has(consumer.name)) return;
    inFlight.add(consumer.name);
    await notifyConsumer(context, consumer, notice, post)
      .catch((error: unknown) => context.log.warn('consumer_notice_failed', { consumer: consumer.name, error: errorText(error) }))
      .finally(() => inFlight.delete(consumer.name));
  };
  let hadNone = false;
  return async () => {
    const consumers = await listConsumers(context.db.read, { after: null, limit: MOST_CONSUMERS });
    // Once the alerts about the last consumer are closed there is nothing to check.
    if (consumers.length === 0 && hadNone) return;
    hadNone = consumers.length === 0;
    const notices = consumers.some(({ notifyUrl }) => notifyUrl !== null) ? await readNotices(context.db.read) : [];
    await alertAbout(consumers, notices);
    const named = new Map(consumers.map((consumer) => [consumer.name, consumer]));
    const sending = notices.map((notice) => {
      const consumer = named.get(notice.consumer);
      return consumer ? notify(consumer, notice) : undefined;
    });
    await Promise.all(sending);
  };
}

/** Checks the consumers until stopped. Any number of processes may do so: each message is sent by one of them. */
export function startConsumerWatch(context: WatchContext, post: PostNotice): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const check = createConsumerCheck(context, post);
  const looks = new Set<Promise<void>>();
  const run = async () => {
    while (!stopping.signal.aborted) {
      const seen = context.feedChanged.count();
      const sinceMs = performance.now();
      // A receiver that hangs must not delay the others or the alerts.
      const look: Promise<void> = check()
        .catch((error: unknown) => context.log.warn('consumer_check_failed', { error: errorText(error) }))
        .finally(() => looks.delete(look));
      looks.add(look);
      await context.feedChanged.wait(LOOK_MS, stopping.signal, seen);
      const leftMs = sinceMs + AT_MOST_EVERY_MS - performance.now();
      if (leftMs > 0) await pause(leftMs, stopping.signal);
    }
  };
  const running = run();
  return {
    async stop() {
      stopping.abort();
      await running;
      await Promise.all(looks);
    },
  };
}

function pause(ms: number, stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(end, ms);
    stop.addEventListener('abort', end, { once: true });
    function end() {
      clearTimeout(timer);
      stop.removeEventListener('abort', end);
      resolve();
    }
  });
}
