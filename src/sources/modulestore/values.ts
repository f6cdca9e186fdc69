/** A double as Python's repr prints it: the shortest digits, `5.0`, `1e-07`, `1e+16`. Undefined for NaN and infinity. */
export function doubleText(value: number): string | undefined {
  if (!Number.isFinite(value)) return undefined;
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  const [, sign, first, rest = '', power] = /^(-?)(\d)(?:\.(\d+))?e([-+]\d+)$/.exec(value.toExponential())!;
  const exponent = Number(power);
  if (exponent < -4 || exponent >= 16) {
    const size = String(Math.abs(exponent)).padStart(2, '0');
    return `${sign}${first}${rest === '' ? '' : `.${rest}`}e${exponent < 0 ? '-' : '+'}${size}`;
  }
  const digits = `${first}${rest}`;
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  return `${sign}${whole}.${digits.slice(exponent + 1) || '0'}`;
}

const ISO =
  /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(?::(\d\d)(?:\.(\d{1,6})\d*)?)?\s*(Z|[-+]\d\d:?\d\d|[-+]\d\d)?)?$/i;

/**
 * A time in ISO 8601, as the Date field of XBlock writes it, as UTC text `YYYY-MM-DD HH:MM:SS[.ffffff]`. A time without a
 * zone is in UTC. Undefined for any other text, and for days that no calendar has.
 */
export function isoTimestamp(text: string): string | undefined {
  const [, date, clock = '00:00', seconds = '00', fraction = '', zone = 'Z'] = ISO.exec(text.trim()) ?? [];
  if (date === undefined) return undefined;
  const offset = /^z$/i.test(zone) ? 'Z' : `${zone.slice(0, 3)}:${zone.replace(':', '').slice(3) || '00'}`;
  const day = new Date(`${date}T00:00:00Z`);
  if (Number.isNaN(day.getTime()) || day.toISOString().slice(0, 10) !== date) return undefined;
  const at = new Date(`${date}T${clock}:${seconds}${offset}`);
  const whole = timestampOf(at);
  return whole === undefined || /^0*$/.test(fraction) ? whole : `${whole}.${fraction.padEnd(6, '0')}`;
}

/** A time as UTC text; undefined outside of the years 1 to 9999. */
export function timestampOf(time: Date): string | undefined {
  const milliseconds = time.getTime();
  if (Number.isNaN(milliseconds)) return undefined;
  const text = time.toISOString();
  if (!/^\d{4}-/.test(text) || text.startsWith('0000')) return undefined;
  const [date, clock] = text.slice(0, -1).split('T');
  const [whole, fraction] = clock!.split('.');
  return `${date} ${whole}${fraction === '000' ? '' : `.${fraction}000`}`;
}
