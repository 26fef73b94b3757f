import { z } from 'zod';

/** One secret, or several that are all valid (rotation). Always parsed to a list; empty strings are rejected. */
export const secretList = z.union([
  z
    .string()
    .min(1)
    .transform((one) => [one]),
  z.array(z.string().min(1)).min(1),
]);

const nameList = secretList;

const basic = z.strictObject({ username: z.string().min(1), password: secretList });
const bearer = z.strictObject({ token: secretList });
const header = z.strictObject({ name: z.string().regex(/^[A-Za-z0-9-]+$/), value: secretList });
const issuer = z.strictObject({
  issuer: nameList,
  audience: nameList,
  clientIds: z.array(z.string().min(1)).min(1).optional(),
  jwksUri: z.url().optional(),
});
const ownTokens = z.strictObject({
  clients: z.array(z.strictObject({ id: z.string().min(1), secret: secretList })).min(1),
});
const introspection = z.strictObject({
  introspection: z
    .strictObject({
      url: z.url(),
      clientId: z.string().min(1),
      clientSecret: secretList,
      /** Accepted audiences: any of them. */
      audience: nameList.optional(),
      /** Accepted clients: any of them. */
      clientIds: z.array(z.string().min(1)).min(1).optional(),
      /** Required scopes, separated by spaces: all of them. */
      scope: z.string().regex(/\S/).optional(),
    })
    // An issuer reports every token it has issued as active, for whichever application.
    .refine(({ audience, clientIds, scope }) => audience !== undefined || clientIds !== undefined || scope !== undefined, {
      message: 'expected audience, clientIds or scope: an active token alone may have been issued for another application',
    }),
});

/** One set of credentials. A request is accepted if any entry of `webhook.auth` accepts it; an empty list accepts nothing. */
export const authEntry = z.union([
  z.strictObject({ basic }),
  z.strictObject({ bearer }),
  z.strictObject({ header }),
  z.strictObject({ oauth2: z.union([issuer, ownTokens, introspection]) }),
]);
export type AuthEntry = z.infer<typeof authEntry>;

export const authEntries = z.array(authEntry).default([]);

/** CIDR or single address, IPv4 or IPv6; if absent, any address may call. */
export const allowIps = z
  .array(z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()]))
  .min(1)
  .optional();
