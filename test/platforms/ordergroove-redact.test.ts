import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { redactText } from '../../src/platforms/ordergroove/redact.ts';

const SECRET = /(?:token|password|secret)$/i;

/** The expected result of redaction: texts and numbers of secret members removed, everything else unchanged. */
function expected(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(expected);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) =>
      SECRET.test(name) && ['string', 'number'].includes(typeof member) ? [name, '[redacted]'] : [name, expected(member)],
    ),
  );
}

const key = fc.constantFrom('one_click_token', 'Token', 'client_secret', 'note', 'token_id', 'a"b', 'x\\', 'price');
const scalar = fc.oneof(fc.string(), fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.boolean(), fc.constant(null));
const { document } = fc.letrec((tie) => ({
  document: fc.oneof(
    { maxDepth: 4 },
    scalar,
    fc.array(tie('document'), { maxLength: 4 }),
    fc.dictionary(key, tie('document'), { maxKeys: 5 }),
  ),
}));

test('in any document secrets are redacted and everything else is unchanged', () => {
  fc.assert(
    fc.property(document, fc.constantFrom(0, 2), (value, indent) => {
      const text = JSON.stringify(value, null, indent);
      assert.equal(redactText(text), JSON.stringify(expected(JSON.parse(text)), null, indent));
    }),
    { seed: 20_260_203, numRuns: 500 },
  );
});

test('a document inside a text inside a text is redacted as well', () => {
  fc.assert(
    fc.property(fc.dictionary(key, scalar, { maxKeys: 5 }), (value) => {
      const inner = JSON.stringify(value);
      const text = JSON.stringify({ extra_data: JSON.stringify({ extra_data: inner }) });
      const wanted = JSON.stringify({ extra_data: JSON.stringify({ extra_data: JSON.stringify(expected(JSON.parse(inner))) }) });
      assert.equal(redactText(text), wanted);
    }),
    { seed: 20_260_203, numRuns: 300 },
  );
});

test('text that is not JSON neither throws nor hangs', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('"', '\\', ':', ' ', '{', 'token', '1', 'é') }), (text) => {
      assert.equal(typeof redactText(text), 'string');
    }),
    { seed: 20_260_203, numRuns: 1000 },
  );
  assert.equal(typeof redactText(`"token":"${'\\'.repeat(1_000_001)}`), 'string');
});
