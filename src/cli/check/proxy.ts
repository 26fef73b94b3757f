import type { Settings } from '../../settings.ts';
import { type Finding, failure, ok, warning } from './findings.ts';

const PROXY_VARIABLES = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'all_proxy'];

/** Proxies on the way in, and on the way out. */
export function checkProxy(settings: Settings, env: Readonly<Record<string, string | undefined>>): Finding[] {
  const outgoing = PROXY_VARIABLES.filter((name) => env[name]);
  return [
    checkIncoming(settings),
    ...(outgoing.length > 0
      ? [
          warning(
            'proxy',
            'outgoing',
            `${outgoing.join(', ')} is set, and not used: the platforms' APIs are called directly, let the firewall allow that`,
          ),
        ]
      : []),
  ];
}

function checkIncoming({ tls, trustProxy, requireHttps, publicUrl }: Settings): Finding {
  const behindProxy = publicUrl?.startsWith('https:') === true && tls === null;
  if (requireHttps && tls === null && trustProxy === null) {
    return failure(
      'proxy',
      'incoming',
      'every webhook is refused with 403: HTTPS is required, but there is neither a certificate here (TLS_CERT_FILE) nor a proxy whose X-Forwarded-Proto is believed (TRUST_PROXY)',
    );
  }
  if (behindProxy && trustProxy === null) {
    return warning(
      'proxy',
      'incoming',
      'PUBLIC_URL is https and TLS does not end here, so there is a proxy. Set TRUST_PROXY, or allowIps and the log see only the proxy',
    );
  }
  if (tls !== null && trustProxy !== null)
    return ok('proxy', 'incoming', 'X-Forwarded-* of the trusted proxies is believed; see that nobody else reaches this port');
  return ok(
    'proxy',
    'incoming',
    trustProxy === null ? 'X-Forwarded-* is not believed' : 'X-Forwarded-* of the trusted proxies is believed',
  );
}
