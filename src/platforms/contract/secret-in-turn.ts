import { RemoteFailure } from '../../domain/errors.ts';
import type { Oauth2Options, Remote } from '../../remote/remote.ts';
import { elementAt } from './element-at.ts';

type Oauth2Secrets = Omit<Oauth2Options, 'clientSecret'> & { clientSecret: readonly string[] };

/** Uses the first client secret that the token endpoint accepts. */
export function secretInTurn(
  { clientSecret, ...rest }: Oauth2Secrets,
  remote: Remote,
): (renew: boolean) => Promise<Record<string, string>> {
  const grants = clientSecret.map((secret) => remote.oauth2({ ...rest, clientSecret: secret }));
  let position = 0;
  return async (renew) => {
    for (let tried = 1; ; tried++) {
      try {
        return await elementAt(grants, position)(renew);
      } catch (error) {
        const refused = error instanceof RemoteFailure && error.status >= 400 && error.status < 500 && error.status !== 429;
        if (!refused || tried >= grants.length) throw error;
        position = (position + 1) % grants.length;
      }
    }
  };
}
