import type { MariadbServer } from '../../test/servers/mariadb.ts';
import type { Subject } from '../subjects.ts';
import type { BenchTable } from '../tables/table.ts';

/** Another program that reads a table of a MySQL server. */
export interface Peer {
  readonly name: string;
  /**
   * What is measured; files go into `folder`. Installs into the cache what is not there yet.
   * @throws Error that says what cannot be had on this machine, and what was tried
   */
  prepare(server: MariadbServer, table: BenchTable, folder: string): Promise<Subject>;
}

/** A peer that cannot be had here, and why. */
export interface Missing {
  readonly name: string;
  readonly reason: string;
}

/** Prepares all peers; the ones that cannot be had are answered with their reasons. */
export async function preparePeers(
  peers: readonly Peer[],
  server: MariadbServer,
  table: BenchTable,
  folder: string,
): Promise<{ subjects: readonly Subject[]; missing: readonly Missing[] }> {
  const subjects: Subject[] = [];
  const missing: Missing[] = [];
  for (const peer of peers) {
    try {
      subjects.push(await peer.prepare(server, table, folder));
    } catch (error) {
      missing.push({ name: peer.name, reason: (error as Error).message.trim() });
    }
  }
  return { subjects, missing };
}
