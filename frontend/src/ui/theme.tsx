import { useStore } from '@nanostores/preact';
import { atom } from 'nanostores';

type Theme = 'system' | 'light' | 'dark';

const KEY = 'fualab-theme'; // first/start.js reads it before the first paint
const NAMES: Record<Theme, string> = { system: 'as the system', light: 'light', dark: 'dark' };
const NEXT: Record<Theme, Theme> = { system: 'light', light: 'dark', dark: 'system' };

const chosenTheme = atom<Theme>(chosen());

function chosen(): Theme {
  const value = document.documentElement.dataset.theme;
  return value === 'light' || value === 'dark' ? value : 'system';
}

function choose(value: Theme): void {
  chosenTheme.set(value);
  if (value === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = value;
  try {
    if (value === 'system') localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, value);
  } catch {
    // Storage is off: the choice lasts as long as the page.
  }
}

/** Goes through the themes: the system's, light, dark. */
export function ThemeButton() {
  const theme = useStore(chosenTheme);
  return (
    <button
      type="button"
      class="icon theme"
      aria-label={`Theme: ${NAMES[theme]}. Change to ${NAMES[NEXT[theme]]}`}
      title={`Theme: ${NAMES[theme]}`}
      onClick={() => choose(NEXT[theme])}
    >
      <svg viewBox="0 0 20 20" width="18" height="18" aria-hidden="true">
        <circle cx="10" cy="10" r="7" fill="none" stroke="currentColor" stroke-width="1.6" />
        <path d={theme === 'system' ? 'M10 3a7 7 0 0 1 0 14z' : ''} fill="currentColor" />
        {theme === 'dark' && <circle cx="10" cy="10" r="7" fill="currentColor" />}
      </svg>
    </button>
  );
}
