import type { Page } from '../api/client';
import type { Show } from './toolbar';

/** Goes to the neighbouring pages, and back to the first. A button that leads nowhere keeps the focus. */
export function Pager({
  page,
  busy,
  first,
  show,
  id,
  label,
  after,
}: {
  page: Pick<Page<unknown>, 'next' | 'prev'>;
  busy: boolean;
  first: boolean; // whether there is a first page to go back to
  show: Show;
  id?: string;
  label: string;
  after?: (name: string) => void;
}) {
  const go = (name: string, cursor: string | null) => {
    if (cursor === null || busy) return;
    show({ cursor });
    after?.(name);
  };
  const buttons: [name: string, text: string, cursor: string | null][] = [
    ['first', 'First', first ? '' : null],
    ['prev', 'Previous', page.prev],
    ['next', 'Next', page.next],
  ];
  return (
    <nav class="pager" aria-label={label} {...(id ? { id } : {})}>
      {buttons.map(([name, text, cursor]) => (
        <button
          key={name}
          type="button"
          class="secondary"
          name={name}
          aria-disabled={cursor === null}
          onClick={() => go(name, cursor)}
        >
          {text}
        </button>
      ))}
    </nav>
  );
}
