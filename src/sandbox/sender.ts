import { isFinalAnswer, type RetryPolicy } from '../platforms/contract/platform.ts';
import type { OutgoingWebhook } from '../platforms/contract/simulation.ts';
import type { Post, PostAnswer } from './post.ts';

export interface SenderCounts {
  sent: number;
  accepted: number;
  duplicates: number;
  refused: number;
  retries: number;
  givenUp: number;
}

/** The outcome of one webhook. `delivered` false: the platform gave up. */
export interface Sent {
  delivered: boolean;
  attempts: number;
  answer: PostAnswer;
}

export interface SenderOptions {
  /** Returns the base URL of the service; called before every attempt, since it may have moved. */
  baseUrl(): string | null;
  post: Post;
  sleep(ms: number, stop?: AbortSignal): Promise<unknown>;
  /** Attempts if the platform's own rule has no limit. */
  mostAttempts: number;
  stop?: AbortSignal;
}

/** A platform's webhook sender: it retries what the platform would retry, only sooner. */
export interface Sender {
  send(connection: string, answers: RetryPolicy, webhook: OutgoingWebhook): Promise<Sent>;
  counts: Readonly<SenderCounts>;
}

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 3000;

export function createSender(options: SenderOptions): Sender {
  const counts: SenderCounts = { sent: 0, accepted: 0, duplicates: 0, refused: 0, retries: 0, givenUp: 0 };
  return {
    counts,
    async send(connection, answers, webhook) {
      const most = answers.budget?.kind === 'attempts-per-event' ? answers.budget.limit : options.mostAttempts;
      for (let attempts = 1; ; attempts++) {
        const answer = await postOnce(options, connection, webhook);
        counts.sent++;
        if (isSuccess(answer)) counts[answer.status === 202 ? 'accepted' : 'duplicates']++;
        if (isSuccess(answer)) return { delivered: true, attempts, answer };
        if (isFinalAnswer(answers, answer.status) || attempts >= most || options.stop?.aborted) {
          counts[isFinalAnswer(answers, answer.status) ? 'refused' : 'givenUp']++;
          return { delivered: false, attempts, answer };
        }
        counts.retries++;
        await options.sleep(Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (attempts - 1)), options.stop);
      }
    },
  };
}

async function postOnce({ baseUrl, post }: SenderOptions, connection: string, webhook: OutgoingWebhook): Promise<PostAnswer> {
  const base = baseUrl();
  if (base === null) return { status: 0, retryAfterMs: null, body: 'The service is not running.' };
  return post(`${base}/webhooks/${connection}${webhook.path}`, webhook);
}

const isSuccess = ({ status }: PostAnswer): boolean => status >= 200 && status < 300;
