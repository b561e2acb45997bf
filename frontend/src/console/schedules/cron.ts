const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

/**
 * A cron expression in words, where it is one of the common forms, null otherwise: better none than wrong
 * ones. The API alone decides the meaning of an expression.
 */
export function cronWords(cron: string): string | null {
  const fields = cron.trim().split(/\s+/);
  if (fields.length === 6) {
    const [second = '', ...rest] = fields;
    if (rest.every((field) => field === '*')) return every(second, 'second');
    return second === '0' ? cronWords(rest.join(' ')) : null;
  }
  const [minute = '', hour = '', day = '', month = '', weekday = ''] = fields;
  if (fields.length !== 5 || month !== '*') return null;
  if (day === '*' && weekday === '*') {
    if (hour === '*') return isNumber(minute, 59) ? pastEachHour(minute) : every(minute, 'minute');
    if (minute === '0' && hour.startsWith('*/')) return every(hour, 'hour');
  }
  if (!isNumber(minute, 59) || !isNumber(hour, 23)) return null;
  const at = `at ${hour.padStart(2, '0')}:${minute.padStart(2, '0')}`;
  if (day === '*' && weekday === '*') return `every day ${at}`;
  if (day === '*' && weekday === '1-5') return `Monday to Friday ${at}`;
  if (day === '*' && isNumber(weekday, 6)) return `every ${DAYS[Number(weekday)]} ${at}`;
  if (weekday === '*' && isNumber(day, 31) && day !== '0') return `on day ${Number(day)} of each month ${at}`;
  return null;
}

const NAMES = {
  month: ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'],
  'day of week': ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'],
};
type Unit = 'second' | 'minute' | 'hour' | 'day of month' | keyof typeof NAMES;
const FIELDS: readonly [unit: Unit, least: number, most: number][] = [
  ['second', 0, 59],
  ['minute', 0, 59],
  ['hour', 0, 23],
  ['day of month', 1, 31],
  ['month', 1, 12],
  ['day of week', 0, 7],
];

/**
 * The certain fault of a cron expression: the number of its fields, or a number that its field cannot have.
 * Null is no promise: the API alone decides.
 */
export function cronFault(cron: string): string | null {
  const fields = cron.trim().split(/\s+/);
  if (fields.length !== 5 && fields.length !== 6) {
    const what = fields[0] === '' ? 'none' : String(fields.length);
    return `Five fields are needed, or six with the second first; there are ${what}.`;
  }
  for (const [i, [unit, least, most]] of FIELDS.slice(-fields.length).entries()) {
    const names = unit in NAMES ? NAMES[unit as keyof typeof NAMES] : [];
    for (const element of (fields[i] ?? '').split(',')) {
      const [, from = '', to = from] = /^(\w+)(?:-(\w+))?(?:\/\d{1,2})?$/.exec(element.toUpperCase()) ?? [];
      if (from === '' && /^[*?](?:\/\d{1,2})?$/.test(element)) continue;
      const fits = (value: string) =>
        names.includes(value) || (/^\d{1,2}$/.test(value) && Number(value) >= least && Number(value) <= most);
      if (!fits(from) || !fits(to))
        return `The ${unit} cannot be “${element}”: it is from ${least} to ${most}.`;
    }
  }
  return null;
}

// A step that does not divide its range starts anew with each range, which "every" would hide.
function every(field: string, unit: 'second' | 'minute' | 'hour'): string | null {
  if (field === '*') return `every ${unit}`;
  const step = /^\*\/([1-9]\d?)$/.exec(field)?.[1];
  if (!step || (unit === 'hour' ? 24 : 60) % Number(step) !== 0) return null;
  return step === '1' ? `every ${unit}` : `every ${step} ${unit}s`;
}

function pastEachHour(minute: string): string {
  return Number(minute) === 0 ? 'every hour, on the hour' : `every hour at minute ${Number(minute)}`;
}

function isNumber(field: string, most: number): boolean {
  return /^\d{1,2}$/.test(field) && Number(field) <= most;
}
