// An agent that carries its actions out itself: what it asks of the decision API, and what it reports, by plain fetch.

/** Every answer is { status, ...body }. */
export function decisions(gateway, token) {
  const ask = async (method, path, body, headers = {}) => {
    const response = await fetch(new URL(`/decision/v1/${path}`, gateway.agents), {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
      body: body === undefined || typeof body === 'string' ? body : JSON.stringify(body),
    });
    return { status: response.status, ...(await response.json()) };
  };
  return {
    ask,
    propose: (tool, args = {}, more = {}) => ask('POST', 'actions', { tool, arguments: args, ...more }),
    report: (action, outcome, more = {}) => ask('POST', `actions/${action}/outcome`, { outcome, ...more }),
    await: (ticket, body = {}) => ask('POST', `tickets/${ticket}/await`, body),
    withdraw: (ticket) => ask('POST', `tickets/${ticket}/withdraw`),
    tickets: async () => (await ask('GET', 'tickets')).tickets,
  };
}

/** An external upstream `shell` with tools that fit the registry of registry.mjs. */
export const shell = {
  kind: 'Upstream',
  name: 'shell',
  external: true,
  environment: 'sandbox',
  system_owner: 'ana',
  risk_owner: 'rita',
  timeout: '15m',
  tools: {
    look: { tier: 'read', input_schema: { type: 'object', properties: { command: { type: 'string' } }, required: ['command'] } },
    run: {
      tier: 'write',
      reversible: true,
      description: 'Runs a command.',
      input_schema: { type: 'object', properties: { command: { type: 'string' } }, required: ['command'] },
    },
    push: { tier: 'write', input_schema: { type: 'object', properties: { branch: { type: 'string' } }, required: ['branch'] } },
    deploy: { tier: 'write', input_schema: { type: 'object', properties: { branch: { type: 'string' } }, required: ['branch'] } },
    wipe: { tier: 'write' },
  },
};
