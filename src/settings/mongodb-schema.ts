import * as z from 'zod';
import { location } from './file-schema.ts';
import { choice, port, secret, text } from './schema-parts.ts';
import { MONGODB_DEFAULTS } from './settings.ts';

/** How a modulestore in MongoDB is reached. */
export const mongodbKeys = {
  mongodb_host: text(
    'Host of MongoDB, with `:port` where it has another one; several of a replica set with commas.',
    {
      default: MONGODB_DEFAULTS.host,
      example: 'db1.example.com,db2.example.com:27018',
    },
  ).optional(),
  mongodb_port: port('TCP port of hosts that name none.', { default: MONGODB_DEFAULTS.port }).optional(),
  mongodb_srv: choice(
    ['true', 'false'],
    'Whether DNS tells the hosts and options, as with `mongodb+srv://`.',
    {
      otherwise: '`false`',
    },
  ).optional(),
  mongodb_replica_set: text(
    'Name of the replica set. With it, or several hosts, its members are looked for.',
  ).optional(),
  mongodb_read_preference: choice(
    ['primary', 'primaryPreferred', 'secondary', 'secondaryPreferred', 'nearest'],
    'Which members of a replica set are read.',
    { default: MONGODB_DEFAULTS.readPreference },
  ).optional(),
  mongodb_username: text('User.').optional(),
  mongodb_password: secret('Password of the user.').optional(),
  mongodb_auth_source: text('Database that holds the user.', {
    otherwise: 'that of `mongodb_database`',
    example: 'admin',
  }).optional(),
  mongodb_auth_mechanism: choice(
    ['SCRAM-SHA-1', 'SCRAM-SHA-256', 'PLAIN', 'MONGODB-X509'],
    'How the user proves to be one.',
    { otherwise: 'what the server prefers' },
  ).optional(),
  mongodb_database: text('Database of the modulestore.', { default: MONGODB_DEFAULTS.database }).optional(),
  mongodb_tls: choice(
    ['disabled', 'required', 'verify'],
    'TLS: never; always; always, with certificate and host name checked.',
    {
      otherwise:
        '`verify` with `mongodb_tls_ca` or `mongodb_srv`, `required` with `mongodb_tls_cert`, else `disabled`',
    },
  ).optional(),
  mongodb_tls_ca: text('PEM file of the authorities that sign the certificate of the server.').optional(),
  mongodb_tls_cert: text('PEM file of the client certificate and its key.').optional(),
};

const INCLUDED = ['drafts', 'libraries', 'old_keys'] as const;

/** What the source of course structures takes besides servers. */
export const modulestoreKeys = {
  location: location(
    'What `mongodump` wrote, read in place of MongoDB: a folder, `.bson` files or an archive.',
    './backup/mongo',
  ).optional(),
  mysql_dump: location(
    'Dump of MySQL with the active versions of courses, read in place of `mysql_host`.',
    './backup/edxapp.sql.gz',
  ).optional(),
  include: z
    .array(
      choice(INCLUDED, 'The drafts of courses, content libraries, courses with keys like `Org/Course/Run`.'),
    )
    .meta({
      description:
        'What is read besides the published courses: `drafts`, `libraries`, `old_keys` (courses with keys like `Org/Course/Run`).',
      otherwise: 'nothing',
    })
    .optional(),
};
