const KEY = 'fualab-imports';
const MOST = 100;

/** The names of files by their imports: the API keeps none. This device remembers those that were sent from it. */
function names(): Record<string, string> {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? '{}');
    return typeof kept === 'object' && kept !== null ? (kept as Record<string, string>) : {};
  } catch {
    return {}; // storage is off, or has something else in it
  }
}

export function keepName(id: number, name: string): void {
  const newest = Object.entries({ ...names(), [id]: name }).slice(-MOST);
  try {
    localStorage.setItem(KEY, JSON.stringify(Object.fromEntries(newest)));
  } catch {
    // Storage is off or full: the import is told by its number.
  }
}

export function nameOfFile(id: number): string | undefined {
  return names()[id];
}
