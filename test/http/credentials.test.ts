import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Credentials, readCredentials } from '../../src/http/auth/credentials.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const basic = (username: string, password: string): Credentials => ({ scheme: 'basic', username, password });
const bearer = (token: string): Credentials => ({ scheme: 'bearer', token });

test('an Authorization header yields its Basic or Bearer credentials, whatever the case and spacing', () => {
  const cases: [header: string, expected: Credentials][] = [
    [`Basic ${base64('sender:secret')}`, basic('sender', 'secret')],
    [`bASIC   ${base64('sender:secret')}  `, basic('sender', 'secret')],
    [`Basic ${base64('sender:a:b:')}`, basic('sender', 'a:b:')],
    [`Basic ${base64(':secret')}`, basic('', 'secret')],
    [`Basic ${base64('sender:')}`, basic('sender', '')],
    [`Basic ${base64('zoë:pässword ✓')}`, basic('zoë', 'pässword ✓')],
    [`Basic ${base64('sender: padded ')}`, basic('sender', ' padded ')],
    [`Basic ${Buffer.from('sender:~~~???').toString('base64url')}`, basic('sender', '~~~???')],
    ['Bearer token', bearer('token')],
    ['BEARER   token==  ', bearer('token==')],
    ['Bearer two words', bearer('two words')],
  ];
  for (const [header, expected] of cases) assert.deepEqual(readCredentials(header), expected, header);
});

test('a missing or malformed header, or one of another scheme, yields no credentials', () => {
  const headers = [
    undefined,
    '',
    ' ',
    'Basic',
    'Basic ',
    'Basic !!!',
    `Basic ${base64('no colon')}`,
    'Bearer',
    'Bearer    ',
    'Bearer\ttoken',
    ' Bearer token',
    'Bearertoken',
    'Bearer: token',
    'Digest username="sender"',
    base64('sender:secret'),
    'Bearer token\r\nX-Injected: yes',
  ];
  for (const header of headers) assert.deepEqual(readCredentials(header), { scheme: 'none' }, String(header));
});
