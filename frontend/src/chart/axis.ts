/** The upper end of an axis from 0 on: room for the most, and whole steps for a few. */
export function axisEnd(most: number): number {
  return Math.max(4, Math.ceil(most * 1.1));
}
