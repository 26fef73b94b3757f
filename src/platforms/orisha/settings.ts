import { z } from 'zod';
import { allowIps, secretList } from '../contract/auth-entry.ts';
import { codesOfKind, ORISHA_KINDS, type OrishaKind } from './events.ts';

const PLACEHOLDER = /\{(\w+)\}/g;
export const ADMINISTRATION = 'AdministrationCode';

/** The names in `{…}` of a path template, as written. */
const placeholdersOf = (template: string): string[] => [...template.matchAll(PLACEHOLDER)].map((match) => match[1] ?? '');

const isIn = (name: string, names: readonly string[]): boolean => names.some((one) => one.toLowerCase() === name.toLowerCase());

const detailPath = (kind: OrishaKind) => {
  const codes = codesOfKind[kind];
  const own = codes.at(-1) ?? '';
  return z
    .string()
    .startsWith('/')
    .refine((path) => isIn(own, placeholdersOf(path)), `must contain {${own}}`)
    .refine(
      (path) => placeholdersOf(path).every((name) => isIn(name, [...codes, ADMINISTRATION])),
      `may only contain {${[...codes, ADMINISTRATION].join('}, {')}}`,
    )
    .optional();
};

const pointer = z.string().regex(/^(\/.*)?$/, 'must be a JSON pointer such as /data/items');

// The vendor's paths, paging and row shapes are unpublished: every part is a setting.
const list = z.strictObject({
  path: z.string().startsWith('/'),
  /** Query parameter of the page number; false if the whole list is one response. */
  pageParameter: z.union([z.string().min(1), z.literal(false)]).default('page'),
  sizeParameter: z.union([z.string().min(1), z.literal(false)]).default('pageSize'),
  pageSize: z.int().min(1).max(1000).default(100),
  firstPage: z.union([z.literal(0), z.literal(1)]).default(1),
  /** Pointer to the rows in a response; default: the response itself, or its first member that is a list. */
  items: pointer.optional(),
  /** Pointer to the code in a row; default: its published name in any casing, else `code`. */
  code: pointer.optional(),
  /** Pointer to the customer's code in a row of contact persons or addresses. */
  customerCode: pointer.optional(),
  /** `summary`: rows have fewer members than the detail, so the detail of each is read (one call per row). */
  rows: z.enum(['whole', 'summary']).default('whole'),
});
export type OrishaList = z.infer<typeof list>;

const perKind = <T extends z.ZodType>(schemaOf: (kind: OrishaKind) => T) =>
  z.strictObject({
    item: schemaOf('item'),
    customer: schemaOf('customer'),
    'price-list': schemaOf('price-list'),
    'contact-person': schemaOf('contact-person'),
    address: schemaOf('address'),
  } satisfies Record<OrishaKind, T>);

/** The placeholders in the paths and bodies of the management endpoint. */
const MANAGEMENT_PLACEHOLDERS = ['url', 'events', 'administration', 'id'];

const fillable = (text: string): boolean => placeholdersOf(text).every((name) => isIn(name, MANAGEMENT_PLACEHOLDERS));
const managementFault = `may only contain {${MANAGEMENT_PLACEHOLDERS.join('}, {')}}`;
const managementPath = z.string().startsWith('/').refine(fillable, managementFault);
const method = z.enum(['POST', 'PUT', 'PATCH', 'DELETE']);
/** JSON, or JSON as text. A string that is exactly `{events}` becomes the list of event types. */
const body = z
  .union([z.string(), z.record(z.string(), z.unknown())])
  .refine((value) => typeof value !== 'string' || fillable(value.replaceAll(/\{\s*"|"\s*\}/g, '')), managementFault);

// Its existence is documented but its paths are not: every part is a setting.
const management = z.strictObject({
  list: z.strictObject({ path: managementPath, items: pointer.optional() }).optional(),
  register: z
    .strictObject({ path: managementPath, method: method.default('POST'), body: body.default({ url: '{url}', events: '{events}' }) })
    .optional(),
  /** Generates a new secret. */
  reset: z.strictObject({ path: managementPath, method: method.default('POST'), body: body.optional() }).optional(),
  delete: z.strictObject({ path: managementPath }).optional(),
});
export type OrishaManagement = z.infer<typeof management>;

const api = z
  .strictObject({
    baseUrl: z.url({ protocol: /^https?$/ }),
    oauth2: z.strictObject({
      tokenUrl: z.url({ protocol: /^https?$/ }),
      clientId: z.string().min(1),
      clientSecret: secretList,
      audience: z.string().min(1).optional(),
      scope: z.string().min(1).optional(),
    }),
    paths: perKind(detailPath).default({}),
    lists: perKind(() => list.optional()).default({}),
    management: management.optional(),
  })
  .superRefine(({ paths, lists }, fault) => {
    for (const kind of ORISHA_KINDS) {
      if (lists[kind]?.rows !== 'summary' || paths[kind] !== undefined) continue;
      fault.addIssue({ code: 'custom', path: ['lists', kind, 'rows'], message: `summary rows need paths.${kind}` });
    }
  });
export type OrishaApiSettings = z.infer<typeof api>;

export const orishaSettings = z
  .strictObject({
    webhook: z.strictObject({
      /** A reset has no overlap: list both the new and the old secret while deliveries with the old one may still arrive. */
      secret: secretList,
      /** Accepted administration codes; default: all. */
      administrations: z.array(z.string().min(1)).min(1).optional(),
      allowIps,
    }),
    api: api.optional(),
  })
  .superRefine(({ webhook, api: configured }, fault) => {
    const templates = [...Object.values(configured?.paths ?? {}), ...Object.values(configured?.lists ?? {}).map((one) => one?.path)];
    const named = templates.some((template) => template !== undefined && isIn(ADMINISTRATION, placeholdersOf(template)));
    if (!named || webhook.administrations?.length === 1) return;
    fault.addIssue({ code: 'custom', path: ['webhook', 'administrations'], message: `must name exactly one, for {${ADMINISTRATION}}` });
  });
export type OrishaSettings = z.infer<typeof orishaSettings>;
