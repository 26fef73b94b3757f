import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import S3rver from 's3rver';

export interface FarBucket {
  endpoint: string;
  keys(): Promise<string[]>;
}

// The only credentials that the tests' S3-compatible server accepts.
const CREDENTIALS = { AWS_ACCESS_KEY_ID: 'S3RVER', AWS_SECRET_ACCESS_KEY: 'S3RVER', AWS_REGION: 'eu-west-1' };

/** A real S3-compatible server on localhost with one empty bucket; deleted with the test. */
export async function startBucket(t: TestContext, name: string): Promise<FarBucket> {
  const directory = await mkdtemp(join(tmpdir(), 'orderdock-s3-'));
  Object.assign(process.env, CREDENTIALS);
  const server = new S3rver({ address: '127.0.0.1', port: 0, silent: true, directory, configureBuckets: [{ name }] });
  const { port } = await server.run();
  const endpoint = `http://127.0.0.1:${port}`;
  const client = new S3Client({ endpoint, region: 'eu-west-1', forcePathStyle: true });
  t.after(async () => {
    client.destroy();
    await server.close();
    await rm(directory, { recursive: true, force: true });
  });
  return {
    endpoint,
    keys: async () => ((await client.send(new ListObjectsV2Command({ Bucket: name }))).Contents ?? []).map((object) => object.Key ?? ''),
  };
}
