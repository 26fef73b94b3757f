import { Unavailable } from '../../domain/errors.ts';
import { firstAccepting } from '../contract/first-accepting.ts';
import type { AuthResult, BodyProof, BodyVerdict, CredentialChecker, RequestHead } from '../contract/webhook.ts';
import { verifyWhole } from '../signature.ts';
import { proveSignature } from './read/prove-signature.ts';
import type { StandardSettings } from './settings.ts';

/** Accepts any entry of `webhook.auth`, which needs no body, or the signature. */
export async function authenticate(
  request: RequestHead,
  settings: StandardSettings,
  checker: CredentialChecker,
): Promise<AuthResult | BodyProof> {
  const { signature, auth } = settings.webhook;
  const header = signature ? request.headers[signature.header.toLowerCase()] : undefined;
  const admitted = auth.length === 0 ? null : await tryEntries(auth, checker);
  if (admitted && !(admitted instanceof Unavailable) && admitted.accepted) return admitted;
  const signed = signature && header ? proveSignature(request, header, signature, settings, checker.now) : unsigned(settings);
  if (admitted instanceof Unavailable) return orUnavailable(signed, admitted);
  return signature === null && admitted ? admitted : signed;
}

/** An unreachable issuer matters only if the signature does not decide. */
async function tryEntries(auth: StandardSettings['webhook']['auth'], checker: CredentialChecker): Promise<AuthResult | Unavailable> {
  return firstAccepting(auth, checker).catch((error: unknown) => {
    if (error instanceof Unavailable) return error;
    throw error;
  });
}

function orUnavailable(signed: AuthResult | BodyProof, unavailable: Unavailable): BodyProof {
  if (signed.accepted !== null) throw unavailable;
  return {
    ...signed,
    begin() {
      const verifier = signed.begin();
      return {
        update: verifier.update,
        finish() {
          const verdict = verifier.finish();
          if (!verdict.accepted) throw unavailable;
          return verdict;
        },
      };
    },
  };
}

const GREETING_BYTES = 64;

/** WooCommerce sends `webhook_id=17` unsigned when a webhook is saved, and only activates it after a 200. */
function unsigned({ preset, webhook }: StandardSettings): AuthResult | BodyProof {
  const rejected = refused(webhook.signature ? 'there is no signature' : 'no credentials are configured');
  if (preset !== 'woocommerce') return rejected;
  const decide = (body: Buffer): BodyVerdict =>
    /^webhook_id=\d+$/.test(body.toString('latin1')) ? { accepted: false, greeting: true } : rejected;
  return { accepted: null, mostBytes: GREETING_BYTES, whenLonger: rejected, begin: () => verifyWhole(decide) };
}

const refused = (reason: string): AuthResult => ({ accepted: false, reason });
