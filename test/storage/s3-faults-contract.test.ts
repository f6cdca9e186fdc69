import { afterAll, describe, expect } from 'vitest';

import { storageContract } from '../../src/contracts/storage.ts';
import type { FaultProxy, FaultRule } from '../servers/fault-proxy.ts';
import { s3Available } from '../servers/s3.ts';
import { s3Buckets } from './s3-buckets.ts';
import { byChance, faultyS3, firstAttempts, operationOf, OPERATIONS, PASSING } from './s3-faults.ts';

describe.skipIf(!s3Available())('S3 over a network with faults', () => {
  const buckets = s3Buckets();
  const open = faultyS3(buckets);
  const all = PASSING.map(([, fault]) => fault);
  /** Bytes of memory with which everything is sent out of temporary files. */
  const small = 2;
  const suites: readonly { name: string; rule: () => FaultRule; memory?: number }[] = [
    ...PASSING.map(([name, fault]) => ({ name, rule: () => firstAttempts(fault) })),
    {
      name: 'a broken request out of a file',
      rule: () => firstAttempts({ kind: 'broken request', share: 0.9 }),
      memory: small,
    },
    { name: 'this and that', rule: () => byChance(20261125, all) },
    { name: 'this and that out of files', rule: () => byChance(4711, all), memory: small },
  ];

  describe.each(suites)('$name', ({ name, rule, memory }) => {
    const proxies: FaultProxy[] = [];

    storageContract(
      `S3 with ${name}`,
      async () => {
        const { storage, proxy } = await open(memory === undefined ? {} : { memory });
        proxy.rule = rule();
        proxies.push(proxy);
        return storage;
      },
      buckets.objectAt,
    );

    // A suite that met with nothing would have shown nothing.
    afterAll(() => {
      const faulty = proxies.flatMap(({ calls }) => calls).filter(({ fault }) => fault !== undefined);
      expect([...new Set(faulty.map(operationOf))].sort()).toEqual(OPERATIONS);
    });
  });
});
