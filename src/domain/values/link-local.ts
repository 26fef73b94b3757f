/**
 * Whether an IP address is link-local: 169.254.0.0/16, fe80::/10, and the former written as IPv6 (mapped, or through NAT64). False for
 * anything that is not an address. IPv6 in the short form that `URL` and the resolver return.
 */
export function isLinkLocal(address: string): boolean {
  if (/^169\.254\.\d+\.\d+$/.test(address)) return true;
  return /^fe[89ab][0-9a-f]:/i.test(address) || /^(::ffff:|64:ff9b::)(a9fe:|169\.254\.)/i.test(address);
}
