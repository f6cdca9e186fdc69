import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { parseOptionFile, readOptionFile } from '../../src/settings/my-cnf.ts';

test.each<[string, string, object]>([
  ['empty', '', {}],
  [
    'all options',
    '[client]\nuser=u\npassword=p\nhost=h\nport=3307\nsocket=/s\nssl-ca=a\nssl-cert=c\nssl-key=k\nssl-mode=REQUIRED',
    {
      user: 'u',
      password: 'p',
      host: 'h',
      port: '3307',
      socket: '/s',
      sslCa: 'a',
      sslCert: 'c',
      sslKey: 'k',
      sslMode: 'REQUIRED',
    },
  ],
  ['underscores for dashes', '[client]\nssl_ca=a', { sslCa: 'a' }],
  ['spaces around everything', '  [client]  \n  user \t=  u  ', { user: 'u' }],
  [
    'Windows line ends and a byte order mark',
    '\uFEFF[client]\r\nuser=u\r\nhost=h\r\n',
    { user: 'u', host: 'h' },
  ],
  ['options before any group', 'user=u\n[client]\nhost=h', { host: 'h' }],
  ['other groups', '[mysqld]\nuser=mysql\nport=1\n[client]\nuser=u\n[mysqldump]\nuser=d', { user: 'u' }],
  ['a group twice', '[client]\nuser=a\nhost=h\n[client]\nuser=b', { user: 'b', host: 'h' }],
  [
    'panorama before client in rank',
    '[panorama]\nuser=p\n[client]\nuser=c\nhost=h',
    { user: 'p', host: 'h' },
  ],
  ['comments', '# a\n; b\n[client]\n#user=x\n;user=y\nuser=u', { user: 'u' }],
  ['a comment after a value', '[client]\nuser=u # who', { user: 'u' }],
  ['a semicolon in a value', '[client]\npassword=a;b', { password: 'a;b' }],
  ['a hash in double quotes', '[client]\npassword="a#b" # c', { password: 'a#b' }],
  ['a hash in single quotes', "[client]\npassword='a#b'", { password: 'a#b' }],
  ['an equals sign in a value', '[client]\npassword=a=b==', { password: 'a=b==' }],
  ['spaces in quotes', '[client]\npassword="  a  "', { password: '  a  ' }],
  ['the other quote in quotes', '[client]\npassword="it\'s"', { password: "it's" }],
  ['escapes', '[client]\npassword="a\\\\b\\"c\\td\\se"', { password: 'a\\b"c\td e' }],
  ['escapes without quotes', '[client]\npassword=a\\sb\\\\', { password: 'a b\\' }],
  ['an unknown escape', '[client]\npassword=a\\xb', { password: 'a\\xb' }],
  ['an escaped quote before a hash', '[client]\npassword="a\\"#b"', { password: 'a"#b' }],
  ['an empty password', '[client]\npassword=', { password: '' }],
  ['an empty password in quotes', '[client]\npassword=""', { password: '' }],
  ['a lone quote', '[client]\npassword="', { password: '"' }],
  ['bare keys', '[client]\npassword\ncompress\nuser=u', { user: 'u' }],
  ['bare ssl', '[client]\nssl', { sslMode: 'REQUIRED' }],
  ['bare skip-ssl', '[client]\nskip-ssl', { sslMode: 'DISABLED' }],
  ['includes', '!include /etc/x\n!includedir /etc/y\n[client]\nuser=u\n!include z', { user: 'u' }],
  ['unknown options', '[client]\nfoo=bar\nconstructor=1\n__proto__=2\nuser=u', { user: 'u' }],
  ['groups with names of object properties', '[__proto__]\nuser=x\n[constructor]\nuser=y', {}],
  ['a broken group', '[client\nuser=x', {}],
])('parses %s', (_, text, expected) => {
  expect(parseOptionFile(text)).toEqual(expected);
  expect(({} as { user?: string }).user).toBeUndefined();
});

test('reads a file, and answers undefined for a file that is not there', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'panorama-cnf-'));
  try {
    await writeFile(path.join(folder, 'my.cnf'), '[client]\nuser=ü\n');
    expect(await readOptionFile(path.join(folder, 'my.cnf'))).toEqual({ user: 'ü' });
    expect(await readOptionFile(path.join(folder, 'none'))).toBeUndefined();
    await expect(readOptionFile(folder)).rejects.toMatchObject({ code: 'EISDIR' });
  } finally {
    await rm(folder, { recursive: true });
  }
});
