import { expect, test } from './platform';

const paths = ['/', '/items', '/schedules', '/runs', '/workers', '/nothing/here'];

// How Chromium tells that the policy has refused something.
const REFUSED = /requires 'Trusted|TrustedTypePolicy|Content Security Policy/;

for (const path of paths) {
  test(`${path} is served with a strict policy, and keeps to it`, async ({ page }) => {
    const response = await page.goto(path);
    const policy = response?.headers()['content-security-policy'] ?? '';
    expect(policy).toContain("default-src 'self'");
    expect(policy).toContain("script-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).toContain("require-trusted-types-for 'script'; trusted-types 'none'");
    expect(policy).not.toMatch(/unsafe|\*|https?:/);
    expect(response?.headers()).toMatchObject({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    });
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    // The browser reports each refusal of the policy as an error in the console, on which every test fails.
  });
}

test.describe('a script that got into the page', () => {
  test.use({ tolerated: REFUSED });

  test('is stopped', async ({ page }) => {
    await page.goto('/');
    const refused = page.waitForEvent('console', (message) => REFUSED.test(message.text()));
    await page.evaluate(() => {
      const script = document.createElement('script');
      script.append('document.documentElement.dataset.injected = "inline"');
      document.body.append(script);
    });
    await refused;
    await expect(page.locator('html')).not.toHaveAttribute('data-injected');
  });

  test('cannot be made of a text, by whatever way', async ({ page }) => {
    await page.goto('/');
    const ways = await page.evaluate(() => {
      const text = 'document.documentElement.dataset.injected = "text"';
      const markup = `<img src="/nothing.png" onerror='${text}'>`;
      const element = document.createElement('div');
      const script = document.createElement('script');
      document.body.append(element);
      const tries: Record<string, () => unknown> = {
        innerHTML: () => Object.assign(element, { innerHTML: markup }),
        outerHTML: () => Object.assign(element, { outerHTML: markup }),
        insertAdjacentHTML: () => element.insertAdjacentHTML('beforeend', markup),
        'document.write': () => document.write(markup),
        DOMParser: () => new DOMParser().parseFromString(markup, 'text/html'),
        'script.text': () => Object.assign(script, { text }),
        'script.src': () => Object.assign(script, { src: '/assets/x.js' }),
        createPolicy: () =>
          (
            window as unknown as { trustedTypes: { createPolicy(name: string, rules: object): object } }
          ).trustedTypes.createPolicy('mine', {}),
      };
      return Object.entries(tries).map(([name, attempt]) => {
        try {
          attempt();
          return `${name}: allowed`;
        } catch (error) {
          return `${name}: ${error instanceof Error ? error.name : 'refused'}`;
        }
      });
    });
    expect(ways).toHaveLength(8);
    for (const way of ways) expect(way).toMatch(/: TypeError$/);
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
