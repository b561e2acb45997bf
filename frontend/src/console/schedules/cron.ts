const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

/**
 * A cron expression in words, where it is one of the common forms, null otherwise: better none than wrong
 * ones. The API alone decides what an expression means.
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
