import path from 'node:path';
import { expect, test } from 'vitest';

import type { CourseStructuresDatasource } from '../../src/settings/settings.ts';
import { settingsFolder } from './settings-file.ts';

const folder = settingsFolder();
const yaml = (lines: string): string =>
  `datalake: { path: a }\ndatasources:\n- type: openedx_course_structures\n${lines.replaceAll(/^/gm, '  ')}\n`;

async function load(lines: string): Promise<CourseStructuresDatasource> {
  const { datasources } = await folder.load(yaml(lines));
  return datasources[0] as CourseStructuresDatasource;
}

const in_ = (file: string): string => path.join(folder.path, file);

test.each<[string, string, Partial<CourseStructuresDatasource['mongodb']>]>([
  ['the place of the user is the database', 'mongodb_database: cs', { database: 'cs', authSource: 'cs' }],
  ['or another', 'mongodb_auth_source: admin', { database: 'edxapp', authSource: 'admin' }],
  ['a host with its port', 'mongodb_host: h:1', { host: 'h:1' }],
  ['a host and a port', 'mongodb_host: h\nmongodb_port: 27018', { host: 'h:27018' }],
  [
    'a replica set',
    'mongodb_host: a,b:1\nmongodb_replica_set: rs0\nmongodb_read_preference: nearest',
    { host: 'a:27017,b:1', replicaSet: 'rs0', readPreference: 'nearest' },
  ],
  [
    'a name of DNS, with TLS that is checked',
    'mongodb_host: c.example.com\nmongodb_srv: true',
    { host: 'c.example.com', srv: true, tls: { mode: 'verify' } },
  ],
  ['TLS without a check', 'mongodb_tls: required', { tls: { mode: 'required' } }],
  ['TLS by its authority', 'mongodb_tls_ca: ca.pem', { tls: { mode: 'verify', ca: 'ca.pem' } }],
  [
    'a client with a certificate',
    'mongodb_tls_cert: me.pem\nmongodb_auth_mechanism: MONGODB-X509',
    { tls: { mode: 'required', cert: 'me.pem' }, authMechanism: 'MONGODB-X509' },
  ],
])('%s', async (_, lines, expected) => {
  const { mongodb } = await load(lines);
  const { ca, cert, mode } = mongodb.tls;
  const local = (file: string | undefined): object => (file === undefined ? {} : { [file]: file });
  expect(mongodb).toMatchObject({ ...expected, tls: expect.anything() as unknown });
  if (expected.tls === undefined) return expect(mongodb.tls).toEqual({ mode: 'disabled' });
  expect({ mode, ...local(ca), ...local(cert) }).toEqual({
    mode: expected.tls.mode,
    ...local(expected.tls.ca && in_(expected.tls.ca)),
    ...local(expected.tls.cert && in_(expected.tls.cert)),
  });
});

test('a dump in place of servers', async () => {
  const source = await load(
    'location: mongo\nmysql_dump: [a.sql, b.sql]\nmysql_database: lms\ninclude: [drafts, libraries]',
  );
  expect(source).toMatchObject({
    location: [in_('mongo')],
    mysqlDump: { location: [in_('a.sql'), in_('b.sql')], database: 'lms' },
    include: ['drafts', 'libraries'],
  });
});

test.each([
  [
    'mongodb_host: mongodb://h',
    '4: datasources[0].mongodb_host: expected hosts only; user, options and mongodb+srv:// have keys of their own',
  ],
  [
    'mongodb_host: u@h',
    '4: datasources[0].mongodb_host: expected hosts only; user, options and mongodb+srv:// have keys of their own',
  ],
  [
    'mongodb_host: a:1\nmongodb_srv: true',
    '4: datasources[0].mongodb_host: with mongodb_srv one name without a port is expected',
  ],
  [
    'mongodb_read_preference: secondry',
    "4: datasources[0].mongodb_read_preference: expected primary, primaryPreferred, secondary, secondaryPreferred or nearest; found 'secondry' (did you mean secondary?)",
  ],
  [
    'location: a\nmongodb_host: h',
    '4: datasources[0].location: location is read in place of the server of mongodb_host; keep one of them',
  ],
  [
    'mysql_dump: a\nmysql_host: h',
    '4: datasources[0].mysql_dump: mysql_dump is read in place of the server of mysql_host; keep one of them',
  ],
  [
    'include: [draft]',
    "4: datasources[0].include[0]: expected drafts, libraries or old_keys; found 'draft' (did you mean drafts?)",
  ],
])('refused: %s', async (lines, expected) => {
  expect(await folder.refusal(yaml(lines))).toBe(`s.yaml:${expected}`);
});
