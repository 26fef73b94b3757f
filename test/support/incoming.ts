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

/** A request as intake passes it on, with its body already received. */
export function incoming({ body, format, ...head }: WebhookRequest): IncomingWebhook {
  return {
    ...head,
    authenticated: false,
    route: { method: head.method, path: head.path, formats: [format] },
    readBody: async (proof) => ({ bytes: body, format, verdict: proof && prove(proof, body), release: () => {} }),
  };
}

/** The verdict on a request whose body has been received: by its headers or by its body. */
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
  // In two pieces: a body may be split anywhere in transit.
  const middle = Math.floor(body.length / 2);
  verifier.update(body.subarray(0, middle));
  verifier.update(body.subarray(middle));
  return verifier.finish();
}
