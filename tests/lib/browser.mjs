// browser.mjs - Chromium for tests: contexts of their own, sign-in by the page, and two checks that every
// main page must pass (accessibility by axe-core, no horizontal scrolling).
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';
import { Site } from './site.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const args = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync'];

export const phone = { width: 390, height: 844 };

export function launch() {
  return chromium.launch({ executablePath: process.env.JIYE_CHROMIUM ?? '/usr/bin/chromium', args });
}

// A browser over one site. Each visitor has a context (cookies) of its own; close() ends them all.
export class Browser {
  static async over(site = Site.shared()) {
    const browser = new Browser();
    Object.assign(browser, { site, chromium: await launch() });
    return browser;
  }

  async visitor(options = {}) {
    // The tests' own script (axe) must run although the pages' policy forbids foreign ones.
    const context = await this.chromium.newContext({
      reducedMotion: 'reduce', // smooth scrolling moves a box away from under the click
      baseURL: this.site.url, viewport: phone, locale: 'zh-CN', bypassCSP: true, ...options,
    });
    context.setDefaultTimeout(15000);
    return context.newPage();
  }

  // Signs in by the page, as a person does. who: { name, password }, or the name of a demo account.
  async signedIn(who, options = {}) {
    const account = typeof who === 'string' ? this.site.accounts().find((a) => a.name === who) : who;
    const page = await this.visitor(options);
    await page.goto('/account/sign-in');
    await page.getByLabel('账号').fill(account.name);
    await page.getByLabel('密码').fill(account.password);
    await press(page, '登录');
    return page;
  }

  // A graduate of the roster who has stated nothing yet, with an account, signed in.
  async newGraduate(options = {}) {
    const [[person]] = this.site.sql(`SELECT p.id FROM people p WHERE p.cohort = (SELECT MAX(cohort) FROM campaigns)
      AND p.education = 'bachelor' AND NOT EXISTS (SELECT 1 FROM needs n WHERE n.person = p.id)
      AND NOT EXISTS (SELECT 1 FROM accounts a WHERE a.person = p.id) ORDER BY p.id LIMIT 1`);
    const account = await this.newAccount('graduate', ['--person', person]);
    return Object.assign(await this.signedIn(account, options), { person });
  }

  async newAccount(role, scope = []) {
    const name = `${role}-${Date.now().toString(36)}${Math.random().toString(36).slice(2, 5)}`;
    const password = `Pw-${Math.random().toString(36).slice(2)}-长`;
    const made = await this.site.tool('account', 'create', name, '--role', role, '--password', password, ...scope);
    assert.equal(made.code, 0, made.err + made.out);
    return { name, password };
  }

  close() {
    return this.chromium.close();
  }
}

// Presses a button or link of the page's body and waits for the page it leads to.
export async function press(page, name, { role = 'button', within = page.locator('main') } = {}) {
  const target = within.getByRole(role, { name });
  const [answer] = await Promise.all([
    page.waitForResponse((r) => r.request().isNavigationRequest() && (r.status() < 300 || r.status() >= 400)),
    target.first().click(),
  ]);
  await page.waitForLoadState('load');
  return answer;
}

export async function text(page) {
  return page.locator('main').innerText();
}

export async function noSideScroll(page) {
  const wider = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  assert.ok(wider <= 0, `${page.url()} is ${wider} px wider than the screen`);
}

export async function accessible(page) {
  await page.evaluate(axe);
  const found = await page.evaluate(() => window.axe.run({ resultTypes: ['violations'] }));
  const bad = found.violations.filter((v) => ['serious', 'critical'].includes(v.impact))
    .map((v) => `${v.impact} ${v.id}: ${v.nodes.slice(0, 3).map((n) => n.html).join(' | ')}`);
  assert.deepEqual(bad, [], page.url());
}
