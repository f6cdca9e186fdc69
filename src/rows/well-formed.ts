/** False for a text with half of a surrogate pair, which UTF-8 cannot hold. */
export function isWellFormed(text: string): boolean {
  // Part of Node 20, and of the types of ES2024.
  return (text as string & { isWellFormed(): boolean }).isWellFormed();
}
