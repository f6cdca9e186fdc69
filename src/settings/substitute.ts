const REFERENCE = /\$\$\{|\$\{([^{}]*)\}|\$\{/g;
const BODY = /^([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/s;

/**
 * Replaces `${NAME}` and `${NAME:-default}` (the default also stands in for an empty variable, as in a shell)
 * by the environment; `$${` stands for `${`. `names` are the variables that were referred to; `problems` names what
 * could not be replaced, never a value.
 */
export function substitute(
  text: string,
  env: Readonly<Record<string, string | undefined>>,
): { text: string; names: string[]; problems: string[] } {
  const problems: string[] = [];
  const names: string[] = [];
  const replaced = text.replace(REFERENCE, (reference: string, body: string | undefined) => {
    if (reference === '$${') return '${';
    const parts = BODY.exec(body ?? '');
    if (parts === null) {
      problems.push(
        'holds ${ without NAME} or NAME:-default} after it; write $${ for the characters themselves',
      );
      return '';
    }
    const [, name, fallback] = parts;
    names.push(name!);
    const value = env[name!];
    if (fallback !== undefined) return value === undefined || value === '' ? fallback : value;
    if (value !== undefined) return value;
    problems.push(
      `the environment variable ${name} is not set; set it, or write \${${name}:-default} to give a default`,
    );
    return '';
  });
  return { text: replaced, names, problems };
}
