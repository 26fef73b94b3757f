import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { connect, createServer, type PeerCertificate, type SecureVersion } from 'node:tls';
import { objectAt, textAt } from '../../domain/values/json.ts';
import { listeningPort } from '../../sandbox/listening-port.ts';
import type { Settings } from '../../settings.ts';
import { errorLine, type Finding, failure, ok, warning } from './findings.ts';

const DAY_MS = 86_400_000;
const RENEW_BEFORE_DAYS = 21;
const TIMEOUT_MS = 8000;

/** Checks TLS as a platform does: no self-signed certificate, a complete chain, the right name, not expired, version 1.2 or 1.3. */
export async function checkTls(settings: Settings, now: Date): Promise<Finding[]> {
  return [...checkPublicUrl(settings), ...(await checkOwnCertificate(settings, now)), ...(await checkFromOutside(settings))];
}

function checkPublicUrl({ publicUrl, connectionsFile, tls }: Settings): Finding[] {
  if (publicUrl === null) {
    const text = 'PUBLIC_URL is not set: the name and scheme under which platforms reach this service are unknown';
    return connectionsFile === null ? [] : [warning('tls', 'PUBLIC_URL', text)];
  }
  if (publicUrl.startsWith('https:')) return [ok('tls', 'PUBLIC_URL', 'is https')];
  return [
    failure(
      'tls',
      'PUBLIC_URL',
      `is not https: platforms only call https addresses. ${tls === null ? 'Set TLS_CERT_FILE and TLS_KEY_FILE, or put a proxy in front' : 'Write it with https://'}`,
    ),
  ];
}

async function checkOwnCertificate({ tls, publicUrl }: Settings, now: Date): Promise<Finding[]> {
  if (tls === null) return [];
  try {
    const [certificates, key] = await Promise.all([readFile(tls.certFile, 'utf8'), readFile(tls.keyFile, 'utf8')]);
    const chain = readChain(certificates);
    const [leaf] = chain;
    if (!leaf) return [failure('tls', tls.certFile, 'contains no PEM certificate')];
    const host = publicUrl === null ? null : new URL(publicUrl).hostname;
    const matches = leaf.checkPrivateKey(createPrivateKey(key));
    return [
      matches
        ? ok('tls', 'key', 'matches the certificate')
        : failure('tls', 'key', `${tls.keyFile} does not match the first certificate in ${tls.certFile}`),
      checkExpiry(leaf, now),
      ...(host === null ? [] : [checkName(leaf, host)]),
      ...(matches ? [await checkAsPlatform(certificates, key, host ?? firstName(leaf))] : []),
    ];
  } catch (error) {
    return [failure('tls', tls.certFile, `cannot be used: ${errorLine(error)}`)];
  }
}

const readChain = (pem: string): X509Certificate[] =>
  (pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []).map((text) => new X509Certificate(text));

function checkExpiry(leaf: X509Certificate, now: Date): Finding {
  const days = Math.floor((Date.parse(leaf.validTo) - now.getTime()) / DAY_MS);
  if (Date.parse(leaf.validFrom) > now.getTime())
    return failure('tls', 'validity', `the certificate is not valid before ${leaf.validFrom}`);
  if (days < 0) return failure('tls', 'validity', `the certificate expired on ${leaf.validTo}. Renew it`);
  return days < RENEW_BEFORE_DAYS
    ? warning('tls', 'validity', `the certificate expires in ${days} days. Renew it`)
    : ok('tls', 'validity', `the certificate is valid for ${days} days`);
}

const checkName = (leaf: X509Certificate, host: string): Finding =>
  (isIP(host) === 0 ? leaf.checkHost(host) : leaf.checkIP(host)) !== undefined
    ? ok('tls', 'name', `the certificate is for ${host}`)
    : failure(
        'tls',
        'name',
        `the certificate is not for ${host}, the name in PUBLIC_URL: it is for ${leaf.subjectAltName ?? leaf.subject}`,
      );

const firstName = (leaf: X509Certificate): string =>
  /DNS:([^,\s]+)/.exec(leaf.subjectAltName ?? '')?.[1]?.replace('*', 'www') ?? 'localhost';

/** What a rejection by the usual root certificates means, and what to do. */
const VERDICTS: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT:
    "the certificate is self-signed, so platforms reject it. Get one from a public certificate authority such as Let's Encrypt",
  SELF_SIGNED_CERT_IN_CHAIN:
    "the chain ends in an unknown certificate authority. Get a certificate from a public one such as Let's Encrypt",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    'the chain is incomplete: put the intermediate certificates after your own into TLS_CERT_FILE (fullchain.pem)',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    'the chain is incomplete or ends in an unknown certificate authority: TLS_CERT_FILE needs the intermediate certificates of a public one (fullchain.pem)',
  CERT_HAS_EXPIRED: 'a certificate in the chain has expired. Renew it',
  ERR_TLS_CERT_ALTNAME_INVALID: 'the certificate is for another name',
};

const verdictOf = (code: string): string => `${VERDICTS[code] ?? 'the certificate is rejected'} (${code})`;

/** Serves the certificate briefly on this machine and checks it as any client would: with the usual root certificates only. */
async function checkAsPlatform(cert: string, key: string, host: string): Promise<Finding> {
  const server = createServer({ cert, key, minVersion: 'TLSv1.2' }, (socket) => socket.end());
  server.on('tlsClientError', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const seen = await connectTls({ host: '127.0.0.1', port: listeningPort(server), servername: host });
    return seen.refusal === null
      ? ok('tls', 'chain', 'is accepted by the usual root certificates')
      : failure('tls', 'chain', verdictOf(seen.refusal));
  } finally {
    server.close();
  }
}

/** Calls PUBLIC_URL through any proxies. Some networks do not allow calls to their own public address from inside, hence only a warning. */
async function checkFromOutside({ publicUrl }: Settings): Promise<Finding[]> {
  if (publicUrl === null || !publicUrl.startsWith('https:')) return [];
  const url = new URL(publicUrl);
  const address = { host: url.hostname, port: Number(url.port || 443), servername: url.hostname };
  try {
    const seen = await connectTls(address);
    const chain =
      seen.refusal === null ? ok('tls', publicUrl, `is accepted, ${seen.protocol}`) : failure('tls', publicUrl, verdictOf(seen.refusal));
    const old = await connectTls({ ...address, maxVersion: 'TLSv1.1' }).then(
      () => true,
      () => false,
    );
    return [
      chain,
      ...(old ? [failure('tls', publicUrl, 'also accepts TLS 1.1: allow only 1.2 and 1.3 in the proxy that terminates TLS')] : []),
    ];
  } catch (error) {
    return [warning('tls', publicUrl, `cannot be reached from here (${errorLine(error)}): try it from outside`)];
  }
}

interface Seen {
  protocol: string | null;
  /** Why the usual root certificates reject it; null if accepted. */
  refusal: string | null;
}

function connectTls(address: { host: string; port: number; servername: string; maxVersion?: SecureVersion }): Promise<Seen> {
  const versions = address.maxVersion === 'TLSv1.1' ? { minVersion: 'TLSv1' as const, ciphers: 'DEFAULT@SECLEVEL=0' } : {};
  // An IP address is not a valid server name (RFC 6066), and Node refuses to send one.
  const servername = isIP(address.servername) === 0 ? address.servername : '';
  return new Promise((resolve, reject) => {
    // Only the verdict matters, so the handshake continues after a rejection; no data is ever sent.
    const socket = connect({
      ...address,
      ...versions,
      servername,
      rejectUnauthorized: false,
      checkServerIdentity: skipNameCheck,
      timeout: TIMEOUT_MS,
    });
    socket.once('secureConnect', () => {
      const code = socket.authorized ? null : codeOf(socket.authorizationError);
      resolve({ protocol: socket.getProtocol(), refusal: code });
      socket.destroy();
    });
    socket.once('timeout', () => socket.destroy(new Error(`no answer within ${TIMEOUT_MS} ms`)));
    socket.once('error', reject);
  });
}

const skipNameCheck = (_host: string, _certificate: PeerCertificate): undefined => undefined;

const codeOf = (error: unknown): string => textAt(objectAt(error).code) ?? String(error);
