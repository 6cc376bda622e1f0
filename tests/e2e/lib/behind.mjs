// An upstream, the gateway in front of it, and an agent's token: what most tests begin with.
import { agents } from './agents.mjs';
import { bailiwick, binary } from './bailiwick.mjs';
import { start } from './children.mjs';
import { office } from './office.mjs';
import { desk, fixture, node22 } from './paths.mjs';
import { agent, registry, upstream, workflow } from './registry.mjs';

/** A gateway for these Upstream documents, which has listed what they offer, and the endpoint of an agent. */
export async function gatewayFor(upstreams, { env, ...options } = {}) {
  const gateway = await bailiwick({ registry: registry(upstreams, options), env });
  const people = office(gateway);
  await Promise.all(upstreams.map(({ name }) => people.ready(name)));
  const token = await gateway.token(agent, workflow);
  const stop = async () => {
    people.close();
    return gateway.stop();
  };
  // The same agent over standard input and output. Not every client hands on an environment.
  const bridge = (secret = token) => ({
    command: ['env', `BAILIWICK_URL=${gateway.mcp}`, `BAILIWICK_TOKEN=${secret}`, binary, 'mcp'],
  });
  return { ...gateway, people, stop, bridge, endpoint: { url: gateway.mcp, token } };
}

/** The fixture over HTTP and a gateway before it. `document` is its Upstream. */
export async function behind(flags = [], { profiles, keys, ...options } = {}) {
  const server = await start(node22, [fixture, ...flags]);
  const bearer = flags[flags.indexOf('--require-bearer') + 1];
  const where = { url: server.url, token: flags.includes('--require-bearer') ? bearer : undefined };
  const document = await upstream('fixture', where, { profiles, ...keys });
  const gateway = await gatewayFor([document], options);
  const stop = () => Promise.all([gateway.stop(), server.stop()]);
  return { server, document, gateway, endpoint: gateway.endpoint, stop };
}

/** The example desk, which wants a key, a gateway before it, and an agent that calls: `log` is where the desk writes what reached it. */
export async function atTheDesk({ profiles, log, env, ...options } = {}) {
  const server = await start('node', [desk, ...(log ? ['--log', log] : [])], { env: { ...process.env, DESK_API_KEY: 'desk-secret' } });
  const credential = { header: 'Authorization', prefix: 'Bearer ', from: { env: 'DESK_KEY' } };
  const document = await upstream('desk', { url: server.url, token: 'desk-secret' }, { profiles, credential });
  const gateway = await gatewayFor([document], { ...options, env: { DESK_KEY: 'desk-secret', ...env } });
  const caller = agents(gateway.endpoint.url, gateway.endpoint.token);
  const stop = async () => {
    caller.close();
    await Promise.all([gateway.stop(), server.stop()]);
  };
  return { server, document, gateway, people: gateway.people, caller, stop };
}
