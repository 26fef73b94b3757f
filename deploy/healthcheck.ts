import { get as getPlain } from 'node:http';
import { get as getTls } from 'node:https';

/**
 * The container's health check: requests `/health/live`, which every process answers whatever its `ROLES`. Liveness and not readiness: an
 * unavailable database must not cause the process to be replaced. With TLS the certificate is not verified: it names the public host, not the
 * loopback address.
 */
const { PORT = '8080', TLS_CERT_FILE } = process.env;
const options = { host: '127.0.0.1', port: Number(PORT), path: '/health/live', timeout: 4000 };
const request = TLS_CERT_FILE ? getTls({ ...options, rejectUnauthorized: false }, answered) : getPlain(options, answered);
request.on('timeout', () => request.destroy(new Error('timed out')));
request.on('error', () => process.exit(1));

function answered({ statusCode }: { statusCode?: number | undefined }): void {
  process.exit(statusCode === 200 ? 0 : 1);
}
