import { promisify } from 'node:util';
import { constants, zstdCompress } from 'node:zlib';

const compress = promisify(zstdCompress);

/** Marks bytes that are stored unpacked. A packed value begins with the magic number of Zstandard (RFC 8878). */
const AS_IS = 0;

/** Packs bytes as the program did at the time of these migrations: their effect must not change with the program. */
export async function packBytes(bytes: Buffer): Promise<Buffer> {
  const packed = await compress(bytes, { pledgedSrcSize: bytes.length, params: { [constants.ZSTD_c_compressionLevel]: 3 } });
  return packed.length <= bytes.length ? packed : Buffer.concat([Buffer.of(AS_IS), bytes]);
}
