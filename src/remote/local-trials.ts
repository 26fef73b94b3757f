import { type CredentialPause, type CredentialTrials, pauseAfter } from '../domain/access/credential-trials.ts';

/** The refusals of a single process that shares none. */
export function createLocalTrials(): CredentialTrials {
  const refused = new Map<string, CredentialPause & { refusals: number }>();
  const pauseOf = (api: string, now: Date): CredentialPause | null => {
    const known = refused.get(api);
    return known && known.untilMs > now.getTime() ? known : null;
  };
  return {
    readPause: async (api, now) => pauseOf(api, now),
    async start(api, now) {
      const pause = pauseOf(api, now);
      return pause ? { state: 'paused', ...pause } : { state: 'permitted', id: '' };
    },
    async recordRefusal(api, { message }, now) {
      const refusals = (refused.get(api)?.refusals ?? 0) + 1;
      const known = { refusals, message, untilMs: now.getTime() + pauseAfter(refusals) };
      refused.set(api, known);
      return known;
    },
    withdraw: async () => {},
    recordAccepted: async (api) => void refused.delete(api),
    liftPauses: async () => refused.clear(),
  };
}
