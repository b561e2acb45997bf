import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fromLocal, PRESETS, toLocal, zoneAt } from './moment';

const zone = process.env.TZ;
beforeAll(() => {
  process.env.TZ = 'Europe/Berlin'; // clocks go forward on 29 March 2026 at 2:00, back on 25 October at 3:00
});
afterAll(() => {
  if (zone === undefined) delete process.env.TZ;
  else process.env.TZ = zone;
});

describe('a local time', () => {
  it.each([
    ['2026-01-15T12:00', '2026-01-15T11:00:00.000Z', null],
    ['2026-07-15T12:00', '2026-07-15T10:00:00.000Z', null],
    ['2026-03-29T01:59', '2026-03-29T00:59:00.000Z', null],
    ['2026-03-29T02:30', '2026-03-29T01:30:00.000Z', 'never'], // the clock shows 3:30
    ['2026-03-29T03:00', '2026-03-29T01:00:00.000Z', null],
    ['2026-10-25T01:59', '2026-10-24T23:59:00.000Z', null],
    ['2026-10-25T02:30', '2026-10-25T00:30:00.000Z', 'twice'], // the first of both
    ['2026-10-25T03:00', '2026-10-25T02:00:00.000Z', null],
  ])('%s is %s', (text, at, odd) => {
    const meaning = fromLocal(text);
    expect(meaning?.at.toISOString()).toBe(at);
    expect(meaning?.odd).toBe(odd);
  });

  it.each(['', 'soon', '2026-01-15', '2026-02-31T12:00'])('is not %j', (text) => {
    expect(fromLocal(text)).toBeNull();
  });

  it('is what the field gets for an instant', () => {
    expect(toLocal('2026-10-25T01:30:59.999999Z')).toBe('2026-10-25T02:30');
    expect(toLocal('2026-07-15T10:00:00Z')).toBe('2026-07-15T12:00');
  });
});

it('means the same time of day by tomorrow, though the clocks change', () => {
  const tomorrow = PRESETS.find(([label]) => label === 'Tomorrow')?.[1];
  expect(tomorrow?.(new Date('2026-03-28T11:00:00Z')).toISOString()).toBe('2026-03-29T10:00:00.000Z');
});

it('names the zone with the offset of that day', () => {
  expect(zoneAt(new Date('2026-01-15T12:00:00Z'))).toBe('Europe/Berlin, GMT+1');
  expect(zoneAt(new Date('2026-07-15T12:00:00Z'))).toBe('Europe/Berlin, GMT+2');
});
