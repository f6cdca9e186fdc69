import { PanoramaError } from '../errors.ts';

/** A question before a change, in the words of the command. */
export interface Question {
  /** Without an end mark for the answer, e.g. `Write panorama_settings.yaml?`. */
  readonly text: string;
  /** What asks, as the start of a sentence, e.g. `Dropping tables`. */
  readonly what: string;
  /** What is so after a no, as a sentence. */
  readonly declined: string;
}

/** Asks at the terminal and goes on after a yes. @throws PanoramaError `usage` after a no, and where there is no terminal */
export async function confirm({ text, what, declined }: Question): Promise<void> {
  if (process.stdin.isTTY !== true) {
    throw new PanoramaError('usage', `${what} asks a question, and there is no terminal to answer it.`, {
      hint: 'Add --yes.',
    });
  }
  const { createInterface } = await import('node:readline/promises');
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  // A terminal that ends, or Ctrl-C, in place of an answer is a no.
  const answer = await Promise.race([
    terminal.question(`${text} [y/N] `).catch(() => ''),
    new Promise<string>((resolve) => void terminal.once('close', () => resolve(''))),
  ]);
  terminal.close();
  if (!/^y(es)?$/i.test(answer.trim()))
    throw new PanoramaError('usage', declined, { hint: 'Answer y to go on.' });
}
