import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import test from 'node:test';
import { createZstdCompress, zstdCompressSync } from 'node:zlib';
import { PACK_DICTIONARY } from '../../src/domain/values/pack-dictionary.ts';
import { pack, packNow, unpack, unpackNow } from '../../src/domain/values/packed-bytes.ts';

const EVENT = JSON.stringify({
  eventName: 'OrderIssued',
  orderEvent: { orderId: 'PO1', buyerOrder: { purchaseOrderNumber: 'PO1' }, lines: [] },
});

test('bytes are unpacked as they were: small and large ones, text and noise, none at all', async () => {
  const noise = Buffer.from(Array.from({ length: 3000 }, (_, place) => (place * place * 7919) % 251));
  for (const bytes of [Buffer.from(EVENT), Buffer.from(EVENT.repeat(2000)), noise, Buffer.from('x'), Buffer.alloc(0)])
    assert.deepEqual(await unpack(await pack(bytes)), bytes);
});

test('bytes of every size are unpacked, also where the header of their frame takes another form', async () => {
  for (const size of [255, 256, 257, 4000, 65_535, 65_536, 65_791, 65_792, 131_072, 131_073]) {
    const bytes = Buffer.alloc(size, EVENT);
    assert.deepEqual(unpackNow(packNow(bytes)), bytes);
    assert.deepEqual(await unpack(await pack(bytes)), bytes);
  }
});

test('what was packed without knowing its size is still unpacked', async () => {
  const packing = createZstdCompress();
  packing.write(EVENT);
  packing.end(EVENT);
  assert.equal(unpackNow(await buffer(packing)).toString(), EVENT.repeat(2));
});

test('what was packed without a dictionary is still unpacked', async () => {
  const packed = zstdCompressSync(Buffer.from(EVENT));
  assert.equal(unpackNow(packed).toString(), EVENT);
  assert.equal((await unpack(packed)).toString(), EVENT);
});

test('a small event is packed with the dictionary, which never changes, since stored values are unpacked with it', () => {
  assert.ok(packNow(Buffer.from(EVENT)).length < zstdCompressSync(Buffer.from(EVENT)).length);
  assert.equal(hash('sha256', PACK_DICTIONARY), 'bcc3403f4905acacff75c2fece38d24ba7e7bdc9d9634136c45d9653e4f242a0');
});
