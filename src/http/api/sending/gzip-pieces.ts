import { promisify } from 'node:util';
import { constants, crc32, deflateRaw } from 'node:zlib';

const deflate = promisify(deflateRaw);

const HEADER = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]);
/** An empty final block: no earlier block is marked as final. */
const LAST_BLOCK = Buffer.from([0x03, 0x00]);

/**
 * gzip (RFC 1952) written piece by piece: each is deflated on its own and ends at a byte boundary, so that only a checksum is kept between
 * pieces. An open compressor would take a quarter of a megabyte for every slow reader.
 */
export function createGzip(): { piece(bytes: Buffer): Promise<Buffer>; end(): Buffer } {
  let checksum = 0;
  let length = 0;
  return {
    async piece(bytes) {
      const isFirst = length === 0;
      checksum = crc32(bytes, checksum);
      length += bytes.length;
      const deflated = await deflate(bytes, { level: 4, finishFlush: constants.Z_SYNC_FLUSH });
      const head = isFirst ? HEADER.length : 0;
      // In its own memory: the compressor returns a view of a larger buffer.
      const piece = Buffer.allocUnsafeSlow(head + deflated.length);
      HEADER.copy(piece, 0, 0, head);
      deflated.copy(piece, head);
      return piece;
    },
    end() {
      const trailer = Buffer.alloc(8);
      trailer.writeUInt32LE(checksum, 0);
      trailer.writeUInt32LE(length >>> 0, 4);
      return Buffer.concat([LAST_BLOCK, trailer]);
    },
  };
}
