/** What `npm run build` has stored of the command line: see scripts/help.ts. */
export interface StoredTexts {
  readonly version: string;
  /** The help of each command by its name; that of the program itself by ''. Lines are at most `width` long. */
  readonly help: Readonly<Record<string, string>>;
  readonly width: number;
}

/**
 * Runs the command line and answers the exit code. Help and version are printed from texts that the build has
 * made of the commands' definitions: nothing else is loaded for them. All else is up to `main`.
 */
export async function start(argv: readonly string[]): Promise<number> {
  const text = storedText(argv);
  if (text === undefined) return (await import('./main.ts')).main(argv);
  // A reader that went away (`| head`) is no failure.
  process.stdout.on('error', () => {});
  process.stdout.write(text);
  return 0;
}

function storedText(argv: readonly string[]): string | undefined {
  const version = argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V');
  const command = helpedCommand(argv);
  if (!version && command === undefined) return undefined;
  const stored = readStored();
  if (stored === undefined) return undefined;
  if (version) return `${stored.version}\n`;
  // A terminal of another width gets lines of its own width.
  if (process.stdout.isTTY && process.stdout.columns !== stored.width) return undefined;
  return Object.hasOwn(stored.help, command!) ? stored.help[command!] : undefined;
}

/** The name of the command whose help is asked for and nothing else, '' for the whole program. */
function helpedCommand(argv: readonly string[]): string | undefined {
  const [first, second] = argv;
  const isFlag = (word: string | undefined): boolean => word === '--help' || word === '-h';
  if (argv.length === 1) return isFlag(first) || first === 'help' ? '' : undefined;
  if (argv.length !== 2) return undefined;
  return first === 'help' ? second : isFlag(second) ? first : undefined;
}

function readStored(): StoredTexts | undefined {
  // An `import` of node:fs would load all of Node's streams.
  const { readFileSync } = process.getBuiltinModule('node:fs');
  try {
    return JSON.parse(readFileSync(new URL('help.json', import.meta.url), 'utf8')) as StoredTexts;
  } catch {
    // A build that is not complete, or sources that are run as they are.
    return undefined;
  }
}
