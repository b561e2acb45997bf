import AxeBuilder from '@axe-core/playwright';
import type { APIRequestContext, Page } from '@playwright/test';
import { expect, test, testEmpty } from './platform';
import { enriched, quietly, seed } from './seed';

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const PATHS = ['/', '/items', '/items?import', '/schedules', '/runs', '/workers', '/tokens', '/nothing/here'];

test.describe.configure({ timeout: 240_000 });

/**
 * Expects no fault of accessibility wide and narrow, and no scrolling sideways. Only the contrast can differ between
 * the themes: in the dark one it alone is checked, at both widths.
 */
async function expectAccessible(page: Page, where: string): Promise<void> {
  for (const width of [1280, 390]) {
    await page.setViewportSize({ width, height: 844 });
    for (const colorScheme of ['light', 'dark'] as const) {
      // Transitions would have axe see colours that are none of either theme.
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      // Legacy is without the page that axe opens each time for frames, of which there are none here.
      const axe = new AxeBuilder({ page }).setLegacyMode();
      const { violations } = await (colorScheme === 'light'
        ? axe.withTags(TAGS)
        : axe.withRules('color-contrast')
      ).analyze();
      expect(
        violations.flatMap(({ id, nodes }) =>
          nodes.map((node) => `${id}: ${node.target.join(' ')}: ${node.failureSummary}`),
        ),
        `${where}, ${colorScheme}, ${width} px wide`,
      ).toEqual([]);
    }
    expect(await overflow(page), `${where}, ${width} px wide: what is wider than the page`).toEqual([]);
  }
  await page.setViewportSize({ width: 1280, height: 800 });
}

/** Lists the elements that make the page scroll sideways, which none may. */
function overflow(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= width) return [];
    return [...document.querySelectorAll('body *')]
      .filter((element) => element.getBoundingClientRect().right > width + 1)
      .map((element) => element.outerHTML.slice(0, 120));
  });
}

async function open(page: Page, path: string): Promise<void> {
  await page.goto(path);
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await expect(page.locator('header').getByText('Live', { exact: true })).toBeVisible();
  await expect(page.locator('.waiting')).toHaveCount(0);
}

test.describe('with data', () => {
  test.beforeAll(async ({ api }) => {
    await seed(api, 60);
    await enriched(api);
    await api.post('/api/schedules/items.expire/runs');
    await expect.poll(async () => (await completed(api)).length, { timeout: 20_000 }).toBeGreaterThan(0);
  });

  for (const path of PATHS) {
    test(`${path} is accessible`, async ({ page }) => {
      await open(page, path);
      await expectAccessible(page, path);
    });
  }

  test('the page of an item is accessible', async ({ page, api }) => {
    const [item] = (await (await api.get('/api/items?limit=1')).json()) as { id: number }[];
    await open(page, `/items/${item?.id}`);
    await expectAccessible(page, 'an item');
  });

  test('the page of a run is accessible', async ({ page, api }) => {
    const [run] = await completed(api);
    await open(page, `/runs/${run?.id}`);
    await expectAccessible(page, 'a run');
  });
});

async function completed(api: APIRequestContext): Promise<{ id: number }[]> {
  return (await api.get('/api/runs?limit=1&state=completed')).json();
}

for (const path of PATHS) {
  testEmpty(`${path} is accessible with nothing in it`, async ({ page }) => {
    await open(page, path);
    await expectAccessible(page, `${path}, empty`);
  });
}

test('dialogs', async ({ page, api }) => {
  const made = (await (await api.post('/api/items', { data: { name: 'To edit' } })).json()) as { id: number };
  await open(page, '/items');
  await page.getByRole('button', { name: 'New item' }).click();
  await expectAccessible(page, 'creating an item');
  await page
    .getByRole('dialog')
    .getByRole('button', { name: /^(Create|Save)/ })
    .click();
  await expect(page.getByRole('textbox', { name: /^Name/ })).toHaveAttribute('aria-invalid', 'true');
  await expectAccessible(page, 'an item that was refused');

  await open(page, `/items/${made.id}`);
  await page.getByRole('button', { name: 'Edit' }).click();
  await page.getByRole('dialog').getByRole('textbox', { name: /^Name/ }).fill('Mine');
  await api.patch(`/api/items/${made.id}`, {
    data: { name: 'Theirs' },
    headers: { 'Content-Type': 'application/merge-patch+json' },
  });
  await page.getByRole('dialog').getByRole('button', { name: /^Save/ }).click();
  await expect(page.getByRole('dialog').getByText('Theirs').first()).toBeVisible();
  await expectAccessible(page, 'a conflict');

  await open(page, '/schedules');
  await page.getByRole('button', { name: /^Edit/ }).first().click();
  await expect(page.getByRole('dialog')).toBeVisible();
  await expectAccessible(page, 'editing a schedule');
});

test.describe('an API that does not answer', () => {
  test.use({ tolerated: /Failed to load resource/ });

  test('is told accessibly', async ({ page }) => {
    await open(page, '/items');
    await page.route(/\/api\//, (route) => route.abort());
    await expect(page.locator('.banner p')).toBeVisible({ timeout: 15_000 });
    await expectAccessible(page, 'without the API');
  });
});

test('the keyboard reaches everything, and the focus is seen', async ({ page, api }) => {
  await quietly(api, async () => {
    for (const path of PATHS) {
      await open(page, path);
      await page.keyboard.press('Tab');
      await expect(page.getByRole('link', { name: 'Skip to the content' })).toBeFocused();
      await expect(page.getByRole('link', { name: 'Skip to the content' })).toBeInViewport();
      const all = await page
        .locator(
          'a[href]:not([tabindex="-1"]), button:enabled, input:enabled, select:enabled, textarea:enabled, summary',
        )
        .evaluateAll((elements) => elements.filter((e) => e.checkVisibility()).length);
      const reached = new Set<string>();
      for (let tab = 0; tab < Math.min(all, 60); tab++) {
        const seen = await page.evaluate(() => {
          const e = document.activeElement;
          if (!e || e === document.body) return null;
          const style = getComputedStyle(e);
          e.setAttribute('data-reached', e.getAttribute('data-reached') ?? `${performance.now()}`);
          return {
            id: e.getAttribute('data-reached') ?? '',
            what: e.outerHTML.slice(0, 120),
            visible: style.outlineStyle !== 'none' || style.boxShadow !== 'none',
          };
        });
        if (!seen) break; // round the end of the page, to the browser
        expect(seen.visible, `${path}: the focus is not seen on ${seen.what}`).toBe(true);
        reached.add(seen.id);
        await page.keyboard.press('Tab');
      }
      expect(reached.size, `${path}: what the keyboard reaches`).toBeGreaterThanOrEqual(Math.min(all, 60));
    }
  });
});

test('the skip link leads into the content', async ({ page }) => {
  await open(page, '/items');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  expect(await page.evaluate(() => Boolean(document.activeElement?.closest('main')))).toBe(true);
});

test('a dialog keeps the focus, and gives it back', async ({ page }) => {
  await open(page, '/items');
  const button = page.getByRole('button', { name: 'New item' });
  await button.focus();
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog');
  await expect(dialog).toBeVisible();
  for (let tab = 0; tab < 20; tab++) {
    await page.keyboard.press('Tab');
    const outside = await page.evaluate(() => {
      const e = document.activeElement;
      return e && e !== document.body && !e.closest('dialog') ? e.outerHTML : null;
    });
    expect(outside).toBeNull();
  }
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  await expect(button).toBeFocused();
});

test('nothing moves for those who want no motion', async ({ page }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  for (const path of PATHS) {
    await open(page, path);
    expect(await page.evaluate(() => document.getAnimations().length), path).toBe(0);
    const moving = await page.locator('body *').evaluateAll((elements) =>
      elements
        .filter((e) => {
          const { transitionDuration, animationName } = getComputedStyle(e);
          return (
            animationName !== 'none' || transitionDuration.split(', ').some((d) => Number.parseFloat(d) > 0)
          );
        })
        .map((e) => e.outerHTML.slice(0, 100)),
    );
    expect(moving, path).toEqual([]);
  }
});

test('what a finger or a hand that shakes must hit is at least 24 px large', async ({ page, api }) => {
  await seed(api, 12);
  for (const path of PATHS) {
    await open(page, path);
    const small = await page.locator('button, select, input, summary, nav a').evaluateAll((elements) =>
      elements
        .filter((e) => e.checkVisibility())
        .map((e) => ({
          rect: e.getBoundingClientRect(),
          what: e.outerHTML.slice(0, 100),
          label: e.closest('label'),
        }))
        .filter(({ rect, label }) => !label && (rect.height < 24 || rect.width < 24))
        .map(({ what }) => what),
    );
    expect(small, path).toEqual([]);
  }
});
