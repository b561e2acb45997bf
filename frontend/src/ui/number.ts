/** A whole number as a person writes it: "12,345". */
export function number(n: number): string {
  return String(n).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** A number of things: "1 row", "12,345 rows". */
export function count(n: number, thing: string, things = `${thing}s`): string {
  return `${number(n)} ${n === 1 ? thing : things}`;
}
