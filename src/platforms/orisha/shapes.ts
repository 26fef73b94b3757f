import { membersOf, type Shape } from '../../domain/entities/drift.ts';
import { codesOfKind, type OrishaKind } from './events.ts';

const camel = (name: string): string => `${name.charAt(0).toLowerCase()}${name.slice(1)}`;

/** Codes only, in both casings: the published table uses Pascal case, and no sample body is published. */
const codesShape = (kind: OrishaKind): Shape =>
  membersOf(Object.fromEntries(codesOfKind[kind].flatMap((name) => [name, camel(name)]).map((name) => [name, 'any'])));

export const shapeOfKind: Record<OrishaKind, Shape> = {
  item: codesShape('item'),
  customer: codesShape('customer'),
  'price-list': codesShape('price-list'),
  'contact-person': codesShape('contact-person'),
  address: codesShape('address'),
};

/** Named like the schemas of `openapi/orisha-webhook.yaml`. */
export const orishaShapes: Readonly<Record<string, Shape>> = {
  ItemCodes: shapeOfKind.item,
  CustomerCodes: shapeOfKind.customer,
  PriceListCodes: shapeOfKind['price-list'],
  ContactPersonCodes: shapeOfKind['contact-person'],
  AddressCodes: shapeOfKind.address,
};
