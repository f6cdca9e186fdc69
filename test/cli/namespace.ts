/**
 * A shell line for `cli` that runs the script in the environment variable SCRIPT with mounts of its own: no rights are
 * needed where users may have namespaces.
 */
export const IN_NAMESPACE = `exec unshare ${process.getuid?.() === 0 ? '-m' : '-rm'} sh -c "$SCRIPT" sh "$@"`;
