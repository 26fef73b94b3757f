import { BlockList, isIP } from 'node:net';

type AllowIps = readonly string[];

const lists = new WeakMap<AllowIps, BlockList>();

/** True if the address is in the list, or if there is no list. IPv4-mapped IPv6 addresses count as IPv4. */
export function isAllowedIp(address: string, allowed: AllowIps | undefined): boolean {
  if (allowed === undefined) return true;
  const plain = plainAddress(address);
  const version = isIP(plain);
  if (version === 0) return false;
  const list = lists.get(allowed) ?? listOf(allowed);
  return list.check(plain, version === 6 ? 'ipv6' : 'ipv4');
}

function listOf(allowed: AllowIps): BlockList {
  const list = new BlockList();
  for (const entry of allowed) {
    const [text = '', bits] = entry.split('/');
    const address = plainAddress(text);
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, isMapped(text) ? Math.max(0, Number(bits) - 96) : Number(bits), family);
  }
  lists.set(allowed, list);
  return list;
}

const MAPPED = /^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i;
const isMapped = (address: string): boolean => MAPPED.test(address);
/** Without the IPv4-in-IPv6 prefix and without a zone (`fe80::1%eth0`). */
const plainAddress = (address: string): string => address.replace(/%.*$/, '').replace(MAPPED, '');
