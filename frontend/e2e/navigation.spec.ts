import { expect, test } from './platform';

const pages = [
  ['/', 'Overview'],
  ['/items', 'Items'],
  ['/schedules', 'Schedules'],
  ['/runs', 'Runs'],
  ['/workers', 'Workers'],
] as const;

for (const [path, name] of pages) {
  test(`${name} opens by its address and by its link`, async ({ page }) => {
    await page.goto(path);
    await expect(page.getByRole('heading', { level: 1, name })).toBeVisible();
    await expect(page).toHaveTitle(`${name} · FUALab`);
    const link = page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name, exact: true });
    await expect(link).toHaveAttribute('aria-current', 'page');

    await page.goto(path === '/' ? '/workers' : '/');
    await link.click();
    await expect(page).toHaveURL(path);
    await expect(page.getByRole('heading', { level: 1, name })).toBeFocused();
  });
}

test('an address that leads nowhere says so, and leads on', async ({ page }) => {
  await page.goto('/nothing/here');
  await expect(page.getByRole('heading', { level: 1, name: 'No such page' })).toBeVisible();
  await page.getByRole('main').getByRole('link', { name: 'The overview' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Overview' })).toBeFocused();
});

test('back and forward go through the pages', async ({ page }) => {
  await page.goto('/');
  const nav = page.getByRole('navigation', { name: 'Main' });
  await nav.getByRole('link', { name: 'Runs' }).click();
  await nav.getByRole('link', { name: 'Workers' }).click();
  await page.goBack();
  await expect(page.getByRole('heading', { level: 1, name: 'Runs' })).toBeVisible();
  await page.goForward();
  await expect(page.getByRole('heading', { level: 1, name: 'Workers' })).toBeVisible();
});

test('the documentation of the API is a click away', async ({ page }) => {
  await page.goto('/');
  await page.getByRole('link', { name: 'API docs', exact: true }).click();
  await expect(page).toHaveURL(/\/docs/);
  // Swagger UI resolves the whole document before it shows any of it: 4 to 5 s with nothing beside it.
  await expect(page.getByText('/api/items').first()).toBeVisible({ timeout: 20_000 });
});

test('a chosen theme stays after loading again', async ({ page }) => {
  await page.emulateMedia({ colorScheme: 'light' });
  await page.goto('/');
  const ground = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  const light = await ground();
  await page.getByRole('button', { name: /^Theme: as the system/ }).click();
  await page.getByRole('button', { name: /^Theme: light/ }).click();
  await expect(page.getByRole('button', { name: /^Theme: dark/ })).toBeVisible();
  expect(await ground()).not.toBe(light);
  await page.reload();
  await expect(page.getByRole('button', { name: /^Theme: dark/ })).toBeVisible();
  expect(await ground()).not.toBe(light);
  await page.getByRole('button', { name: /^Theme: dark/ }).click();
  expect(await ground()).toBe(light);
});

test.describe('a page whose file does not come', () => {
  test.use({ tolerated: /Failed to load resource|ERR_FAILED|dynamically imported module/ });

  test('says so, and comes when it is asked for again', async ({ page }) => {
    await page.goto('/items');
    await expect(page.getByRole('heading', { level: 1, name: 'Items' })).toBeVisible();
    await page.route('**/assets/workers-*.js', (route) => route.abort());
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Workers' }).click();
    await expect(
      page.getByRole('heading', { level: 1, name: 'This page could not be fetched' }),
    ).toBeVisible();
    await page.unroute('**/assets/workers-*.js');
    await page.getByRole('button', { name: 'Try again' }).click();
    await expect(page.getByRole('heading', { level: 1, name: 'Workers' })).toBeVisible();
  });

  test('says that it is fetched, and offers another way if it takes long', async ({ page }) => {
    await page.goto('/items');
    await page.route('**/assets/workers-*.js', () => undefined); // never answered
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Workers' }).click();
    await expect(page.getByText('Loading…')).toBeVisible();
    await expect(page.getByRole('button', { name: 'Reload' })).toBeVisible({ timeout: 15_000 });
  });
});
