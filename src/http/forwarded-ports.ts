import type { RequestHandler } from 'express';

const IPV4_WITH_PORT = /^(\d{1,3}(?:\.\d{1,3}){3}):\d{1,5}$/;
const IPV6_IN_BRACKETS = /^\[([0-9a-f:.%]+)\](?::\d{1,5})?$/i;

/** Some proxies (Azure Application Gateway) append the sender's port to its address in `X-Forwarded-For`: it is removed. */
export const dropForwardedPorts: RequestHandler = (request, _response, next) => {
  const forwarded = request.headers['x-forwarded-for'];
  if (typeof forwarded === 'string' && /[:[]/.test(forwarded)) {
    request.headers['x-forwarded-for'] = forwarded.split(',').map(withoutPort).join(', ');
  }
  next();
};

const withoutPort = (hop: string): string => {
  const text = hop.trim();
  return (IPV4_WITH_PORT.exec(text) ?? IPV6_IN_BRACKETS.exec(text))?.[1] ?? text;
};
