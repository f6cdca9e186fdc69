/** A test that a page names in a code span, as `lake/lock.test.ts > is won by one of many`. */
export interface NamedTest {
  /** Path below `test/`. */
  readonly file: string;
  /** A part of the names of the test and the suites around it, joined by ` > `. */
  readonly name: string;
}

/** What vitest's JSON reporter writes, as far as it is read here. */
export interface TestReport {
  readonly testResults: readonly {
    /** Absolute path of the file. */
    readonly name: string;
    readonly assertionResults: readonly {
      readonly ancestorTitles: readonly string[];
      readonly title: string;
      readonly status: string;
    }[];
  }[];
}

/** The tests that a text of markdown names. */
export function namedTests(text: string): NamedTest[] {
  return Array.from(text.matchAll(/`([\w/-]+\.test\.ts) > ([^`]+)`/g), ([, file, name]) => ({
    file: file!,
    name: name!,
  }));
}

/** Those of the tests that a run did not run, or that did not pass: not one whose name has theirs in it did. */
export function notRun(named: readonly NamedTest[], { testResults }: TestReport): NamedTest[] {
  const passed = testResults.flatMap(({ name, assertionResults }) =>
    assertionResults
      .filter(({ status }) => status === 'passed')
      .map(({ ancestorTitles, title }) => ({ path: name, full: [...ancestorTitles, title].join(' > ') })),
  );
  return named.filter(
    ({ file, name }) =>
      !passed.some(({ path, full }) => path.endsWith(`/test/${file}`) && full.includes(name)),
  );
}
