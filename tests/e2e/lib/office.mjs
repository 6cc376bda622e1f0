// The people's side of a running gateway: what `bailiwick actions`, `why`, `reconcile` and so on ask, over one connection
// that stays open. Tests that look at thousands of actions would else start thousands of processes.
import { readFileSync } from 'node:fs';
import http from 'node:http';
import { join } from 'node:path';
import { until } from './until.mjs';

export function office(gateway) {
  const pool = new http.Agent({ keepAlive: true, maxSockets: 8 });

  const ask = (method, path, body) =>
    new Promise((resolve, reject) => {
      const token = readFileSync(join(gateway.data, 'operator.token'), 'utf8').trim();
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
      const request = http.request(new URL(path, gateway.admin), { agent: pool, method, headers }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (piece) => (text += piece));
        response.on('end', () => {
          if (response.statusCode === 200) resolve(JSON.parse(text));
          else reject(new Error(`${method} ${path}: ${response.statusCode} ${text}`));
        });
      });
      request.on('error', reject);
      request.end(body === undefined ? undefined : JSON.stringify(body));
    });

  const get = (path) => ask('GET', path);
  const post = (path, body) => ask('POST', path, { by: 'ana', reason: 'a test', ...body });

  // A run that an agent named is AGENT:NAME in the ledger; tests look for the name they gave.
  const asNamed = (action) => {
    const prefix = `${action.agent}:`;
    return action.run.startsWith(prefix) ? { ...action, run: action.run.slice(prefix.length) } : action;
  };

  /** The latest actions, newest first: all of them, or until `enough(action)`. */
  const actions = async (enough = () => false) => {
    const found = [];
    for (let cursor = ''; ; ) {
      const page = await get(`/v1/actions?limit=1000${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
      for (const action of page.actions.map(asNamed)) {
        if (enough(action)) return found;
        found.push(action);
      }
      if (!page.next) return found;
      cursor = page.next;
    }
  };

  const upstream = async (name) => (await get('/v1/upstreams')).upstreams.find((one) => one.upstream === name);

  return {
    get,
    post,
    actions,
    why: (id) => get(`/v1/why/${id}`),
    ambiguous: async () => (await get('/v1/ambiguous')).actions.map(asNamed),
    reconcile: (action, outcome) => post(`/v1/actions/${action}/reconcile`, { outcome }),
    upstream,
    ready: (name) => until(`${name} is ready`, async () => (await upstream(name)).state === 'ready'),
    close: () => pool.destroy(),
  };
}
