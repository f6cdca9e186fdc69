/** The version of this package, from its package.json. */
export function packageVersion(): string {
  // An `import` of node:fs would load all of Node's streams, for --help too.
  const { readFileSync } = process.getBuiltinModule('node:fs');
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
