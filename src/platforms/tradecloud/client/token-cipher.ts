import { createCipheriv, createDecipheriv, createHash, randomBytes, scrypt } from 'node:crypto';

/** Encrypts text with a key derived from the connection's own password, which is in no database. */
export interface TokenCipher {
  encrypt(text: string): Promise<string>;
  /** Null for text that was not encrypted with one of the passwords or has been modified. */
  decrypt(encrypted: string | null): Promise<string | null>;
}

const CIPHER = 'aes-256-gcm';
const [KEY_BYTES, IV_BYTES, TAG_BYTES] = [32, 12, 16];
// A password may be guessable, so each guess must be expensive: 32 MiB and some hundred milliseconds, once per process.
const COST = { N: 2 ** 15, r: 8, p: 1, maxmem: 64 * 1024 * 1024 };

/** `account` is bound to the encrypted text, which cannot be decrypted for another one. `passwords`: the first one encrypts, any of them decrypts. */
export function createTokenCipher(account: string, passwords: readonly string[]): TokenCipher {
  const salt = createHash('sha256').update(account).digest();
  const keys = new Map<string, Promise<Buffer>>();
  const keyOf = (password: string): Promise<Buffer> => {
    const known = keys.get(password) ?? deriveKey(password, salt);
    keys.set(password, known);
    return known;
  };
  return {
    async encrypt(text) {
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv(CIPHER, await keyOf(passwords[0] ?? ''), iv).setAAD(Buffer.from(account));
      const encrypted = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return Buffer.concat([iv, cipher.getAuthTag(), encrypted]).toString('base64url');
    },
    async decrypt(encrypted) {
      const bytes = Buffer.from(encrypted ?? '', 'base64url');
      if (bytes.length <= IV_BYTES + TAG_BYTES) return null;
      for (const password of passwords) {
        const text = decryptWith(bytes, await keyOf(password), account);
        if (text !== null) return text;
      }
      return null;
    },
  };
}

const deriveKey = (password: string, salt: Buffer): Promise<Buffer> =>
  new Promise((resolve, reject) => scrypt(password, salt, KEY_BYTES, COST, (error, key) => (error ? reject(error) : resolve(key))));

function decryptWith(bytes: Buffer, key: Buffer, account: string): string | null {
  const [iv, tag, text] = [
    bytes.subarray(0, IV_BYTES),
    bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES),
    bytes.subarray(IV_BYTES + TAG_BYTES),
  ];
  const decipher = createDecipheriv(CIPHER, key, iv, { authTagLength: TAG_BYTES }).setAAD(Buffer.from(account)).setAuthTag(tag);
  try {
    return Buffer.concat([decipher.update(text), decipher.final()]).toString('utf8');
  } catch {
    return null;
  }
}
