import { RemoteFailure } from '../domain/errors.ts';

type Headers = Readonly<Record<string, string>>;

/**
 * Runs an attempt with authorisation headers; after a 401 once more with new ones, if there are any. `beforeRenewal` throws if they must not be
 * renewed now: new ones have just been refused to another call.
 */
export type Authorization = <T>(attempt: (headers: Headers) => Promise<T>, beforeRenewal: () => Promise<void>) => Promise<T>;

/**
 * Many calls may get a 401 for one old token, some long after its renewal: it is renewed once for all of them. `authorize`: see
 * `ClientOptions`.
 */
export function createAuthorization(authorize: (renew: boolean) => Promise<Headers>): Authorization {
  let renewing: Promise<Headers> | null = null;
  const renew = async (refused: Headers): Promise<Headers> => {
    const current = await authorize(false);
    return sameHeaders(current, refused) ? authorize(true) : current;
  };
  return async (attempt, beforeRenewal) => {
    const headers = await authorize(false);
    try {
      return await attempt(headers);
    } catch (error) {
      if (!(error instanceof RemoteFailure) || error.status !== 401) throw error;
      await beforeRenewal();
      renewing ??= renew(headers).finally(() => {
        renewing = null;
      });
      const renewed = await renewing;
      // A key that never changes would be refused again.
      if (sameHeaders(renewed, headers)) throw error;
      return attempt(renewed);
    }
  };
}

const sameHeaders = (a: Headers, b: Headers): boolean =>
  Object.keys({ ...a, ...b }).every((name) => a[name] !== undefined && a[name] === b[name]);
