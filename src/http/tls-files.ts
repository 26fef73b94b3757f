import { constants } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Server } from 'node:https';
import type { Log } from '../domain/log.ts';

export interface TlsFiles {
  certFile: string;
  keyFile: string;
}

/** The certificate chain and its key, PEM, with the supported protocols. */
export interface TlsContext {
  cert: Buffer;
  key: Buffer;
  minVersion: 'TLSv1.2';
  maxVersion: 'TLSv1.3';
  ciphers: string;
  honorCipherOrder: true;
  secureOptions: number;
}

// For TLS 1.2, only suites with forward secrecy and authenticated encryption, as all of TLS 1.3 (RFC 9325, 4.2).
const CIPHERS = [
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'TLS_AES_128_GCM_SHA256',
  ...['AES256-GCM-SHA384', 'CHACHA20-POLY1305', 'AES128-GCM-SHA256'].flatMap((suite) => [`ECDHE-ECDSA-${suite}`, `ECDHE-RSA-${suite}`]),
].join(':');

/** TLS 1.2 and 1.3 only, regardless of Node's defaults or command line. Clients cannot renegotiate on TLS 1.2. */
export async function readTls({ certFile, keyFile }: TlsFiles): Promise<TlsContext> {
  const [cert, key] = await Promise.all([readFile(certFile), readFile(keyFile)]);
  return {
    ...{ cert, key, minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3', ciphers: CIPHERS, honorCipherOrder: true },
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
  };
}

/**
 * Loads a new certificate as soon as the files change; open connections keep the old one. Reads and compares the files every `everyMs`:
 * mounted secrets are swapped through symbolic links, which file events miss. Returns the function that stops watching.
 */
export function watchTls(server: Server, files: TlsFiles, present: TlsContext, everyMs: number, log: Log): () => void {
  let last = present;
  const timer = setInterval(async () => {
    try {
      const found = await readTls(files);
      if (found.cert.equals(last.cert) && found.key.equals(last.key)) return;
      last = found;
      server.setSecureContext(found);
      log.info('tls_renewed', { certFile: files.certFile });
    } catch (error) {
      // While only one of the files is new, they do not match: the old pair stays in use until both are new.
      log.warn('tls_not_renewed', { certFile: files.certFile, error: error instanceof Error ? error.message : String(error) });
    }
  }, everyMs);
  timer.unref();
  return () => clearInterval(timer);
}
