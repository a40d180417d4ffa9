// The main pages of each role on a phone: they answer, no serious fault of accessibility, nothing wider
// than the screen, no machine time in what people read.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { Browser, accessible, noSideScroll, press, text } from '../lib/browser.mjs';

let browser;
before(async () => { browser = await Browser.over(); });
after(() => browser?.close());

const one = (query) => browser.site.sql(query)[0][0];
const city = "unit = '220100'";
const pages = {
  visitor: () => ['/', '/jobs', `/jobs/${one("SELECT MAX(id) FROM jobs_vacancies WHERE state = 'published'")}`,
    '/exchange', '/account/sign-in', '/account/register', '/account/register/employer'],
  student1: () => ['/', '/needs', '/work/timeline', '/jobs/pushed', '/account', '/messages'],
  firm1: () => ['/', '/jobs/mine', '/jobs/new'],
  school1: () => ['/', '/needs/ledger', '/needs/people', '/needs/coverage', '/needs/import/roster'],
  city1: () => ['/', '/jobs/flow/vacancy/queue', '/jobs/all', '/jobs/import/vacancies', '/jobs/batches',
    `/jobs/${one(`SELECT MIN(id) FROM jobs_vacancies WHERE ${city} AND state = 'pending'`)}`,
    '/needs/ledger', `/needs/${one(`SELECT MIN(id) FROM needs WHERE ${city}`)}`,
    `/needs/for/${one(`SELECT MIN(id) FROM people WHERE ${city}`)}`,
    '/needs/coverage', '/work/orders', `/work/orders/${one(`SELECT MIN(id) FROM orders WHERE ${city}`)}`],
  province: () => ['/', '/needs/coverage', '/work/meters'],
  admin: () => ['/admin', '/admin/plugins', '/admin/plugins/jobs', '/admin/accounts', '/admin/settings',
    '/admin/health', '/admin/audit', '/admin/outbox'],
};

for (const [who, paths] of Object.entries(pages)) {
  test(`the main pages of ${who} on a phone`, { timeout: 60000 }, async () => {
    const page = who === 'visitor' ? await browser.visitor() : await browser.signedIn(who);
    for (const path of paths()) {
      const answer = await page.goto(path);
      assert.equal(answer.status(), 200, path);
      await noSideScroll(page);
      await accessible(page);
      assert.doesNotMatch(await text(page), /\d\d:\d\d:\d\d\.\d/, `${path} shows milliseconds`);
    }
  });
}

test('a batch names its records by person and need, not by codes', async () => {
  const page = await browser.signedIn('city1');
  await page.goto('/needs/ledger?kind=guidance&state=open');
  await page.locator('input[name=ids]').first().check();
  await press(page, '标记为已服务');
  assert.match(await text(page), /\S{2,} · 就业指导/);
});

test('an unknown address is a plain page too', async () => {
  const page = await browser.visitor();
  assert.equal((await page.goto('/nowhere')).status(), 404);
  await noSideScroll(page);
  await accessible(page);
});

test('filters fold on a phone and stand open where there is room', async () => {
  const page = await browser.visitor();
  await page.goto('/jobs');
  assert.ok(!(await page.getByLabel('岗位名称').isVisible()));
  await page.getByText('筛选与显示').click();
  await page.getByLabel('岗位名称').fill('会计');
  await page.getByRole('button', { name: '筛选' }).click();
  await page.waitForURL(/q=/);
  const titles = await page.locator('tbody tr td:first-child').allInnerTexts();
  assert.ok(titles.length > 0 && titles.every((t) => t.includes('会计')), titles.join());
  await page.setViewportSize({ width: 1200, height: 800 });
  assert.ok(await page.getByLabel('岗位名称').isVisible());
});
