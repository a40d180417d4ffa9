// roles.mjs - one signed-in client for each role of the demonstration, with the second step passed
// where the site asks for it.
import { createHmac } from 'node:crypto';

export const roles = ['public', 'graduate', 'employer', 'university', 'city', 'province', 'trainer', 'partner', 'admin'];

// The code of RFC 6238 at a time, for a secret as the site shows it.
export function totp(secret, at = Date.now()) {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...secret.replaceAll(' ', '')].map((c) => letters.indexOf(c).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from(bits.match(/.{8}/g).map((b) => parseInt(b, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(at / 30000)));
  const mac = createHmac('sha1', key).update(counter).digest();
  const at4 = mac[19] & 15;
  return String((mac.readUInt32BE(at4) & 0x7fffffff) % 1000000).padStart(6, '0');
}

// Signs in and passes the second step. A first one is set up; a later one asks jiyectl for the code.
export async function enter(site, name, password) {
  const client = await site.signIn(name, password);
  let state = (await client.get('/api/session')).json;
  for (let i = 0; state.second_factor_due && i < 40; i++) {
    const page = (await client.get('/api/account/second')).json;
    const secret = page.enrol?.secret;
    const code = secret ? totp(secret) : (await site.tool('--json', 'account', 'code', name)).json.code;
    const answer = await client.post('/api/account/second', { code });
    if (answer.status !== 200) await new Promise((done) => setTimeout(done, 1000)); // a code works once
    state = (await client.get('/api/session')).json;
    client.token = state.token;
  }
  if (state.second_factor_due) throw new Error(`${name}: the second step was not passed`);
  client.user = state.user;
  client.name = name;
  return client;
}

export async function enterDemo(site, name) {
  const account = site.accounts().find((each) => each.name === name);
  return enter(site, name, account.password);
}

// { public, graduate, employer, ... }: the first demonstration account of each role.
export async function everyone(site) {
  const all = { public: site.visitor() };
  for (const role of roles.slice(1)) {
    const account = site.accounts().find((each) => each.role_code === role);
    all[role] = await enter(site, account.name, account.password);
  }
  return all;
}
