import { createHash } from 'node:crypto';
import { Random, STREAM, type Seed } from '../random.ts';

/** Who a user is said to be. All names are made from syllables; all addresses are in reserved domains. */
export interface Identity {
  readonly first: string;
  readonly last: string;
  readonly username: string;
  readonly email: string;
}

const HEADS = [
  'Ba',
  'Che',
  'Dru',
  'Fe',
  'Gli',
  'Ho',
  'Ji',
  'Kra',
  'Lu',
  'Mo',
  'Nebu',
  'Ori',
  'Pim',
  'Qua',
  'Ro',
  'Su',
  'Ta',
  'Vex',
  'Wi',
  'Zo',
];
const TAILS = [
  'bbin',
  'dara',
  'fel',
  'gor',
  'lien',
  'lo',
  'mira',
  'nax',
  'pple',
  'quin',
  'rik',
  'ssa',
  'tto',
  'vell',
  'wyn',
  'zee',
];
const SURNAMES = [
  'Testwright',
  'Samplesson',
  "O'Fiction",
  'Placeholder',
  'Von Example',
  'Mockington',
  'Ærligsen',
  'Dummyvić',
  'Nobodý',
  'Inventado',
  '架空',
  'Fakeløv',
  'Pretend-Smith',
  'Made "Up"',
  'Imaginário',
  'Unreal',
];
const DOMAINS = ['example.com', 'example.com', 'example.org', 'learners.example.com', 'mail.invalid'];

/** The identity of a user before any retirement. */
export function identityOf(seed: Seed, key: number, team: number): Identity {
  const random = new Random(seed, STREAM.name, key);
  const first = random.pick(HEADS) + random.pick(TAILS);
  const last = random.pick(SURNAMES);
  const ascii =
    last
      .normalize('NFD')
      .replace(/[^A-Za-z]/g, '')
      .slice(0, 8) || 'x';
  const stem = key < team ? `team_${first}` : `${first}_${ascii}`;
  const username = key === 0 ? 'admin' : `${stem.toLowerCase()}_${key.toString(36)}`;
  const domain = key < team ? 'staff.example.org' : random.pick(DOMAINS);
  return { first, last, username, email: `${username}@${domain}` };
}

/** The user name that retirement leaves, as Open edX's default format has it: a salted SHA-1. */
export function retiredUsername(username: string): string {
  return `retired__user_${createHash('sha1').update(`sample-salt${username.toLowerCase()}`).digest('hex')}`;
}

/** An obviously made-up value in the form of Django's password hashes. */
export function fakePasswordHash(random: Random): string {
  const filler = random.hex(22);
  return `pbkdf2_sha256$600000$FAKEsalt${filler.slice(0, 14)}$FICTIONAL${random.hex(34)}=`;
}
