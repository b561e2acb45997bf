import { expect, test } from './platform';

const paths = ['/', '/items', '/schedules', '/runs', '/workers', '/nothing/here'];

for (const path of paths) {
  test(`${path} is served with a strict policy, and keeps to it`, async ({ page }) => {
    const response = await page.goto(path);
    const policy = response?.headers()['content-security-policy'] ?? '';
    expect(policy).toContain("default-src 'self'");
    expect(policy).toContain("script-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe|\*|https?:/);
    expect(response?.headers()).toMatchObject({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    });
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    // What the policy refuses is an error in the console, on which every test fails.
  });
}

test.describe('a script that got into the page', () => {
  test.use({ tolerated: /Content Security Policy/ });

  test('is stopped', async ({ page }) => {
    await page.goto('/');
    const refused = page.waitForEvent('console', (message) => /Content Security Policy/.test(message.text()));
    await page.evaluate(() => {
      const script = document.createElement('script');
      script.textContent = 'document.documentElement.dataset.injected = "inline"';
      document.body.append(script);
      document.body.insertAdjacentHTML(
        'beforeend',
        '<img src="/nothing.png" onerror="document.documentElement.dataset.injected = \'handler\'">',
      );
    });
    await refused;
    await expect
      .poll(() => page.evaluate(() => document.querySelector<HTMLImageElement>('body > img')?.complete))
      .toBe(true);
    await expect(page.locator('html')).not.toHaveAttribute('data-injected');
  });
});

test('what people type is text on every page that shows it', async ({ page, api }) => {
  const name = '<script>document.title="owned"</script><img src=x onerror=alert(1)>';
  const made = await api.post('/api/items', {
    data: { name, description: name, attributes: { [name]: name } },
  });
  expect(made.status()).toBe(201);
  const { id } = (await made.json()) as { id: number };
  page.on('dialog', () => {
    throw new Error('a script in the data has run');
  });
  for (const path of ['/items', `/items/${id}`]) {
    await page.goto(path);
    await expect(page.getByText(name, { exact: false }).first()).toBeVisible();
    expect(await page.locator('main script, main img').count()).toBe(0);
    expect(await page.title()).not.toBe('owned');
  }
  // The overview tells of it as it happens.
  await page.goto('/');
  await expect(page.locator('header').getByText('Live', { exact: true })).toBeVisible();
  await api.post('/api/items', { data: { name } });
  await expect(page.getByRole('main').getByText('<script>', { exact: false }).first()).toBeVisible();
  expect(await page.locator('main script, main img').count()).toBe(0);
});
