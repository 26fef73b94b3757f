/**
 * How long things may take, milliseconds. Senders want an answer within ten seconds, some sooner: what cannot be stored by then is answered
 * 503, and they come again.
 */
export const ANSWER_WITHIN_MS = 9000;

/** Longest wait for one of the things that an answer needs: a connection of the pool, a statement, memory for a large body. */
export const PLACE_WITHIN_MS = 8000;

/** Longest wait for the store when it is asked whether it stores. */
export const READY_WITHIN_MS = 5000;

/** What `work` gives, or, when it takes longer, the error. The work itself goes on: what it leaves behind is its own concern. */
export function withTimeout<T>(work: Promise<T>, waitMs: number, timeout: () => Error): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(timeout()), waitMs);
    work.then(
      (result) => {
        clearTimeout(timer);
        resolve(result);
      },
      (error: unknown) => {
        clearTimeout(timer);
        reject(error);
      },
    );
  });
}
