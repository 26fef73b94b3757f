import type { Settings } from '../../settings.ts';
import { type Finding, failure, ok, warning } from './findings.ts';

const PROXY_VARIABLES = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'all_proxy'];

/** Checks incoming and outgoing proxies. */
export function checkProxy(settings: Settings, env: Readonly<Record<string, string | undefined>>): Finding[] {
  const outgoing = PROXY_VARIABLES.filter((name) => env[name]);
  return [
    checkIncoming(settings),
    ...(outgoing.length > 0
      ? [
          warning(
            'proxy',
            'outgoing',
            `${outgoing.join(', ')} is set but not used: platform APIs are called directly, so the firewall must allow that`,
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
      'every webhook is refused with 403: HTTPS is required, but there is neither a certificate here (TLS_CERT_FILE) nor a proxy whose X-Forwarded-Proto is trusted (TRUST_PROXY)',
    );
  }
  if (behindProxy && trustProxy === null) {
    return warning(
      'proxy',
      'incoming',
      'PUBLIC_URL is https and TLS is not terminated here, so there is a proxy. Set TRUST_PROXY, or allowIps and the log will only see the proxy',
    );
  }
  if (tls !== null && trustProxy !== null)
    return ok('proxy', 'incoming', 'X-Forwarded-* of the trusted proxies is used; make sure that only they can reach this port');
  return ok('proxy', 'incoming', trustProxy === null ? 'X-Forwarded-* is ignored' : 'X-Forwarded-* of the trusted proxies is used');
}
