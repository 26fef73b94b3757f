import { unwatchFile, watchFile } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Server } from 'node:https';
import type { SecureContextOptions } from 'node:tls';
import type { Log } from '../domain/log.ts';

export interface TlsFiles {
  certFile: string;
  keyFile: string;
}

/** TLS 1.2 and 1.3 only, whatever Node's own default or its command line says. */
export async function readTls({ certFile, keyFile }: TlsFiles): Promise<SecureContextOptions> {
  const [cert, key] = await Promise.all([readFile(certFile), readFile(keyFile)]);
  return { cert, key, minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3' };
}

/**
 * Takes a new certificate as soon as its files change; connections that are open keep the old one. Looks at the files every
 * `everyMs`, since mounted secrets are swapped by links, which file events do not see. Returns what ends the watch.
 */
export function watchTls(server: Server, files: TlsFiles, everyMs: number, log: Log): () => void {
  const names = [files.certFile, files.keyFile];
  const changed = () => void renewTls(server, files, log);
  for (const name of names) watchFile(name, { interval: everyMs, persistent: false }, changed);
  return () => {
    for (const name of names) unwatchFile(name, changed);
  };
}

// While one file is new and the other is not, they do not fit: the old pair stays until both do.
async function renewTls(server: Server, files: TlsFiles, log: Log): Promise<void> {
  try {
    server.setSecureContext(await readTls(files));
    log.info('tls_renewed', { certFile: files.certFile });
  } catch (error) {
    log.warn('tls_not_renewed', { certFile: files.certFile, error: error instanceof Error ? error.message : String(error) });
  }
}
