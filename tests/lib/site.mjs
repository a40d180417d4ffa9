// site.mjs - a running Jiye for tests: starts one in a home of its own (or uses the one that tests/run
// started), speaks HTTP with cookies and tokens as a browser or script would, and asks its database.
import { execFile, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
export const build = process.env.JIYE_BUILD ?? join(root, 'build');

// A place where a site runs. `shared()` is the one of this test run; `start()` makes a fresh one.
export class Site {
  constructor(home, port, owned) {
    Object.assign(this, { home, port, owned, url: `http://127.0.0.1:${port}` });
  }

  static shared() {
    const { JIYE_TEST_HOME: home, JIYE_TEST_PORT: port } = process.env;
    if (!home || !port) throw new Error('run this through tests/run, or set JIYE_TEST_HOME and JIYE_TEST_PORT');
    return new Site(home, Number(port), false);
  }

  static async start({ port, args = ['--empty'], env = {} }) {
    const home = mkdtempSync(join(tmpdir(), 'jiye-'));
    const site = new Site(home, port, true);
    try {
      await site.up(args, env);
    } catch (error) {
      site.stop(); // the database may run already
      throw error;
    }
    return site;
  }

  env(extra = {}) {
    return { ...process.env, JIYE_HOME: this.home, JIYE_PORT: String(this.port), JIYE_BUILD: build, ...extra };
  }

  async up(args = [], env = {}) {
    const child = spawn(join(root, 'conf/up'), ['--background', ...args], {
      env: this.env(env), stdio: ['ignore', 'pipe', 'pipe'],
    });
    let text = '';
    child.stdout.on('data', (d) => (text += d));
    child.stderr.on('data', (d) => (text += d));
    const code = await new Promise((done) => child.on('exit', done));
    if (code !== 0) throw new Error(`conf/up ended with ${code}:\n${text}`);
    return text;
  }

  stop({ keep = false } = {}) {
    execFileSync(join(root, 'conf/down'), { env: this.env(), stdio: 'ignore' });
    if (this.owned && !keep) rmSync(this.home, { recursive: true, force: true });
  }

  // jiyectl, answering { code, out, err, json }.
  async tool(...args) {
    const run = promisify(execFile);
    const all = ['--conf', join(this.home, 'jiye.conf'), ...args];
    try {
      const { stdout, stderr } = await run(join(build, 'bin/jiyectl'), all, { maxBuffer: 1 << 28 });
      return { code: 0, out: stdout, err: stderr, get json() { return JSON.parse(stdout); } };
    } catch (error) {
      const { code, stdout = '', stderr = '' } = error;
      return { code, out: stdout, err: stderr, get json() { return JSON.parse(stdout); } };
    }
  }

  // Rows of a query, as arrays of text, straight from the database.
  sql(query) {
    const out = execFileSync('mariadb', [`--socket=${this.home}/run/mariadb.sock`, '-u', 'root',
      '--batch', '--skip-column-names', '--default-character-set=utf8mb4', 'jiye'], { input: query, encoding: 'utf8' });
    return out.split('\n').filter(Boolean).map((line) => line.split('\t'));
  }

  accounts() {
    return JSON.parse(readFileSync(join(this.home, 'demo-accounts.json'), 'utf8'));
  }

  visitor() {
    return new Client(this);
  }

  // Signs in by the interface for scripts.
  async signIn(name, password, code) {
    const client = new Client(this);
    const answer = await client.post('/api/session', { name, password, ...(code ? { code } : {}) });
    if (answer.status !== 200) throw new Error(`sign-in of ${name}: ${answer.status} ${answer.text}`);
    client.token = answer.json.token;
    client.user = answer.json.user;
    return client;
  }

  // Makes an account by jiyectl and signs it in. role: graduate employer university city province admin.
  async newAccount(name, role, scope = []) {
    const password = `Pw-${name}-${Math.random().toString(36).slice(2)}-长`;
    const made = await this.tool('account', 'create', name, '--role', role, '--password', password, ...scope);
    if (made.code !== 0) throw new Error(`account ${name}: ${made.err}${made.out}`);
    return this.signIn(name, password);
  }
}

// One visitor with a cookie jar. Redirects are never followed by themselves.
export class Client {
  constructor(site) {
    this.site = site;
    this.cookies = new Map();
    this.token = null;
  }

  async send(method, path, { body, headers = {}, json = true } = {}) {
    const all = { ...(json ? { accept: 'application/json' } : { accept: 'text/html' }), ...headers };
    if (this.cookies.size) all.cookie = [...this.cookies].map(([k, v]) => `${k}=${v}`).join('; ');
    if (method !== 'GET' && this.token) all['x-csrf-token'] ??= this.token;
    const response = await fetch(this.site.url + path, { method, body, headers: all, redirect: 'manual' });
    for (const line of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
      if (value === '' || /max-age=0/i.test(line)) this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    const text = await response.text();
    return {
      status: response.status, headers: response.headers, text,
      get json() { return JSON.parse(text); },
      location: response.headers.get('location'),
    };
  }

  get(path, options) {
    return this.send('GET', path, options);
  }

  page(path) {
    return this.send('GET', path, { json: false });
  }

  post(path, fields = {}, options = {}) {
    return this.send('POST', path, {
      body: JSON.stringify(fields), ...options,
      headers: { 'content-type': 'application/json', ...options.headers },
    });
  }

  // As a browser posts a form: urlencoded, with the hidden fields of the page's guard.
  async submit(path, fields, { from = path } = {}) {
    const page = await this.page(from);
    const hidden = (name) => new RegExp(`name="${name}" value="([^"]*)"`).exec(page.text)?.[1] ?? '';
    const body = new URLSearchParams({ _csrf: hidden('_csrf'), _key: hidden('_key'), ...fields });
    return this.send('POST', path, {
      json: false, body: body.toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded', origin: this.site.url },
    });
  }
}
