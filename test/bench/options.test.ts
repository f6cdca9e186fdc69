import { describe, expect, it } from 'vitest';

import { choose, parseOptions } from '../../bench/options.ts';

describe('parseOptions', () => {
  it('measures the main table alone unless told otherwise', () => {
    expect(parseOptions([])).toMatchObject({
      rows: 2_000_000,
      rounds: 5,
      peers: false,
      slope: false,
      shapes: false,
      s3: false,
      startup: false,
      profile: false,
      check: false,
    });
  });

  it('turns everything on with --all, but not the check', () => {
    expect(parseOptions(['--all', '--rows', '50000'])).toMatchObject({
      rows: 50_000,
      peers: true,
      slope: true,
      shapes: true,
      s3: true,
      startup: true,
      profile: true,
      check: false,
    });
  });

  it.each([
    [['--rows', '999'], /--rows must be a whole number from 1000 on/],
    [['--rows', '2e'], /--rows/],
    [['--rounds', '1.5'], /--rounds must be a whole number from 1 on/],
    [['--fast'], /--fast/],
  ])('refuses %j', (argv, message) => {
    expect(() => parseOptions(argv)).toThrow(message);
  });
});

describe('choose', () => {
  const subjects = [
    { name: 'mariadb', reference: 'mariadb' },
    { name: 'one-file', reference: 'mariadb' },
    { name: 'zcat', reference: 'zcat' },
    { name: 'dump', reference: 'zcat' },
  ];
  const names = (only?: string[]) => choose(subjects, only).map(({ name }) => name);

  it('takes the references along and keeps the order', () => {
    expect(names()).toEqual(['mariadb', 'one-file', 'zcat', 'dump']);
    expect(names(['dump'])).toEqual(['zcat', 'dump']);
    expect(names(['dump', 'mariadb'])).toEqual(['mariadb', 'zcat', 'dump']);
  });

  it('refuses a name that is none', () => {
    expect(() => names(['one-fiel'])).toThrow('--only: there is no one-fiel');
  });
});
