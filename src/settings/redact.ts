import type { Settings } from './settings.ts';

/** The settings as plain JSON data with every secret masked, for logs and reports. */
export function redactSettings(settings: Settings): Record<string, unknown> {
  return JSON.parse(JSON.stringify(settings)) as Record<string, unknown>;
}
