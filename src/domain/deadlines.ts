/**
 * Time limits in milliseconds. Senders expect a response within ten seconds, some sooner: a request that cannot be stored by then is
 * answered 503, and the sender retries.
 */
export const ANSWER_WITHIN_MS = 9000;

/** The longest wait for one resource that a response needs: a pooled connection, a statement, memory for a large body. */
export const RESOURCE_WAIT_MS = 8000;

/** The longest wait for the store in a readiness check. */
export const READY_WITHIN_MS = 5000;

/** Resolves like `work`, or throws the error if it takes longer. The work itself continues and must clean up after itself. */
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
