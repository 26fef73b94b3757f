import { z } from 'zod';

/** A secret, or several of which any is valid (rotation). Always read as a list; empty texts are faults. */
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
      /** Whom the token has to be for: any of them. */
      audience: nameList.optional(),
      /** Who may call: any of them. */
      clientIds: z.array(z.string().min(1)).min(1).optional(),
      /** What the token has to allow, separated by blanks: all of it. */
      scope: z.string().regex(/\S/).optional(),
    })
    // An issuer calls every token active that it has given to anybody, for whatever application.
    .refine(({ audience, clientIds, scope }) => audience !== undefined || clientIds !== undefined || scope !== undefined, {
      message: 'expected audience, clientIds or scope: an active token alone may have been issued for another application',
    }),
});

/** One way in. A request passes when any entry of `webhook.auth` accepts it; an empty list lets nothing pass. */
export const authEntry = z.union([
  z.strictObject({ basic }),
  z.strictObject({ bearer }),
  z.strictObject({ header }),
  z.strictObject({ oauth2: z.union([issuer, ownTokens, introspection]) }),
]);
export type AuthEntry = z.infer<typeof authEntry>;

export const authEntries = z.array(authEntry).default([]);

/** CIDR or single address, IPv4 or IPv6; absent: any address may call. */
export const allowIps = z
  .array(z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()]))
  .min(1)
  .optional();
