import { afterEach, expect, test } from 'vitest';
import { want } from './focus';

afterEach(() => document.body.replaceChildren());

/** A list with a row, as Table draws it. */
function table(list: string, id: number): HTMLElement | null {
  document.body.insertAdjacentHTML(
    'beforeend',
    `<table class="rows ${list}"><tbody><tr data-id="${id}"><td><a href="/">${list}</a></td></tr></tbody></table>`,
  );
  return document.querySelector(`table.${list} a`);
}

test('a row that an event brought before its answer came gets the focus', () => {
  const link = table('things', 7);
  want('things', 7);
  expect(document.activeElement).toBe(link);
});

test('a row of another list does not', () => {
  const link = table('others', 8);
  want('things', 8);
  expect(document.activeElement).not.toBe(link);
});
