import type { AnyPlatform, CommonSettings } from '../../src/platforms/contract/platform.ts';
import type {
  AuthResult,
  BodyProof,
  BodyVerdict,
  CredentialChecker,
  IncomingWebhook,
  RequestHead,
  WebhookRequest,
} from '../../src/platforms/contract/webhook.ts';

/** A request as the door hands it on, with its body already there. */
export function incoming({ body, format, ...head }: WebhookRequest): IncomingWebhook {
  return {
    ...head,
    authenticated: false,
    route: { method: head.method, path: head.path, formats: [format] },
    readBody: async (proof) => ({ bytes: body, format, verdict: proof && prove(proof, body), release: () => {} }),
  };
}

/** The verdict on a request whose body is there: what its headers prove, or what its body does. */
export async function verdictOn(
  platform:
    | { authenticate(request: RequestHead, settings: never, checker: CredentialChecker): Promise<AuthResult | BodyProof> }
    | AnyPlatform,
  request: WebhookRequest,
  settings: CommonSettings,
  checker: CredentialChecker,
): Promise<BodyVerdict> {
  const early = await platform.authenticate(request, settings as never, checker);
  return early.accepted === null ? prove(early, request.body) : early;
}

function prove(proof: BodyProof, body: Buffer): BodyVerdict {
  if (body.length > (proof.mostBytes ?? Number.POSITIVE_INFINITY)) return proof.whenLonger ?? { accepted: false, reason: 'too long' };
  const verifier = proof.begin();
  // In two pieces: a body may be cut anywhere on its way.
  const middle = Math.floor(body.length / 2);
  verifier.update(body.subarray(0, middle));
  verifier.update(body.subarray(middle));
  return verifier.finish();
}
