import assert from 'node:assert/strict';
import test from 'node:test';
import { PLATFORMS } from '../../src/platforms/registry.ts';
import { createPlatformContext } from './platform-context.ts';

for (const platform of PLATFORMS) {
  test(`${platform.name}: an id that is a dot segment never becomes part of an address`, async (t) => {
    const running = await createPlatformContext('sqlite', platform);
    t.after(() => running.close());
    const api = running.context.api(running.connection);
    if (api === null) return;
    const kinds = new Set(platform.events.flatMap(({ kind, effect }) => (kind !== null && effect === 'fetch' ? [kind] : [])));
    for (const kind of kinds.size > 0 ? kinds : (['order'] as const)) {
      for (const externalId of ['.', '..', '', '../..', '\ud800']) {
        await assert.rejects(api.fetch({ kind, externalId }), (error: { code?: string }) => {
          assert.ok(error.code === 'id_not_addressable' || externalId === '../..', `${kind} ${JSON.stringify(externalId)}: ${error}`);
          return true;
        });
      }
    }
    for (const line of running.asked) {
      const segments = (line.split(' ')[1] ?? '').split('/').slice(1, -1);
      assert.ok(!segments.some((segment) => ['', '.', '..'].includes(segment)), line);
    }
  });
}
