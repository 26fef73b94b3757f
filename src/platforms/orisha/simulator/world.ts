import type { JsonObject } from '../../../domain/values/json.ts';
import { elementAt } from '../../contract/element-at.ts';
import type { SimulationOptions } from '../../contract/simulation.ts';
import type { OrishaEvent, OrishaKind } from '../events.ts';
import { type Codes, externalIdOf } from '../read/codes.ts';

interface StoredRecord {
  kind: OrishaKind;
  codes: Codes;
  record: JsonObject;
}

/** The record that an event changed. */
interface ChangedRecord {
  kind: OrishaKind;
  codes: Codes;
}

export interface World {
  /**
   * Triggers the event: its record comes first, then those deleted with it (a customer's persons and addresses). A
   * record that the event needs is created without an event.
   */
  trigger(event: OrishaEvent): ChangedRecord[];
  /** Changes a record without an event. */
  change(kind: OrishaKind): ChangedRecord;
  find(kind: OrishaKind, codes: Codes): JsonObject | null;
  list(kind?: OrishaKind): StoredRecord[];
}

const GOODS = ['Oak table', 'Garden chair', 'Reading lamp', 'Wool rug', 'Shelf, two boards', 'Coat rack'] as const;
const SHOPS = ['Van der Meer Wonen', 'Atelier Lumière', 'Haus am Markt', 'Casa Verde'] as const;
const PEOPLE = ['Noor Bakker', 'Émile Laurent', 'Greta Vogel', 'Luca Ferri'] as const;

export function createWorld(tools: SimulationOptions): World {
  const records = new Map<string, StoredRecord>();
  let made = 0;
  const keyOf = (kind: OrishaKind, codes: Codes) => `${kind}:${externalIdOf(kind, codes)}`;
  const ofKind = (kind: OrishaKind) => [...records.values()].filter((one) => one.kind === kind);

  function make(kind: OrishaKind): StoredRecord {
    const number = ++made;
    const owner = kind === 'contact-person' || kind === 'address' ? any('customer').codes : {};
    const one = newRecord[kind](number, owner);
    records.set(keyOf(kind, one.codes), { kind, ...one });
    return { kind, ...one };
  }

  function any(kind: OrishaKind): StoredRecord {
    const among = ofKind(kind);
    return among[Math.floor(tools.random() * among.length)] ?? make(kind);
  }

  function trigger({ kind, action }: OrishaEvent): ChangedRecord[] {
    if (action === 'created') return [make(kind)];
    if (action === 'updated') return [change(kind)];
    return remove(kind);
  }

  function change(kind: OrishaKind): ChangedRecord {
    const { codes, record } = any(kind);
    records.set(keyOf(kind, codes), { kind, codes, record: { ...record, Remark: `Note ${++made}` } });
    return { kind, codes };
  }

  // Removes the oldest, so that a newly announced record is not deleted before it is fetched.
  function remove(kind: OrishaKind): ChangedRecord[] {
    const one = ofKind(kind)[0] ?? make(kind);
    const owned = kind === 'customer' ? [...records.values()].filter(({ codes }) => codes.CustomerCode === one.codes.CustomerCode) : [];
    const gone = [one, ...owned.filter((other) => other.kind !== 'customer')];
    for (const other of gone) records.delete(keyOf(other.kind, other.codes));
    return gone;
  }

  return {
    trigger,
    change,
    find: (kind, codes) => records.get(keyOf(kind, codes))?.record ?? null,
    list: (kind) => (kind === undefined ? [...records.values()] : ofKind(kind)),
  };
}

const choose = <T>(among: readonly T[], number: number): T => elementAt(among, number % among.length);
const padded = (number: number): string => String(number).padStart(4, '0');

const newRecord: Record<OrishaKind, (number: number, owner: Codes) => { codes: Codes; record: JsonObject }> = {
  item: (number) => {
    const codes = { ItemCode: `ART-${padded(number)}` };
    return {
      codes,
      record: { ...codes, Name: choose(GOODS, number), UnitOfMeasure: 'PCE', Status: 'Active', Barcode: `87100000${padded(number)}0` },
    };
  },
  customer: (number) => {
    const codes = { CustomerCode: `D${padded(number)}` };
    return {
      codes,
      record: {
        ...codes,
        Name: choose(SHOPS, number),
        CocNumber: `3400${padded(number)}`,
        VatNumber: `NL00${padded(number)}000B01`,
        Status: 'Active',
      },
    };
  },
  'price-list': (number) => {
    const codes = { PriceListCode: `PRICES-${padded(number)}` };
    return { codes, record: { ...codes, Name: 'Dealers', Currency: 'EUR', Status: 'Active' } };
  },
  'contact-person': (number, owner) => {
    const codes = { CustomerCode: owner.CustomerCode ?? '', ContactPersonCode: `P${padded(number)}` };
    return { codes, record: { ...codes, Name: choose(PEOPLE, number), PhoneNumber: `+31 20 555 ${padded(number)}` } };
  },
  address: (number, owner) => {
    const codes = { CustomerCode: owner.CustomerCode ?? '', AddressCode: `A${padded(number)}` };
    return { codes, record: { ...codes, Type: 'Delivery', Street: `Keizersgracht ${number}`, City: 'Amsterdam', Country: 'NL' } };
  },
};
