// A registry of the desk whose rules look back over the run: what it has called and read, and where an argument came from.
export const rules = [
  {
    id: 'access.customer',
    match: { tool: 'desk/grant_access' },
    when: 'run.returned(args.user, "desk/get_customer")',
    effect: 'allow',
    unattended: 'The address is the one we have of the customer.',
  },
  {
    id: 'access.from-ticket',
    match: { tool: 'desk/grant_access' },
    when: 'run.mentioned(args.user, "desk/*ticket*")',
    effect: 'hold',
    reason: 'The address stood in a ticket.',
  },
  { id: 'reply.clean', match: { tool: 'desk/send_reply' }, effect: 'allow', unattended: 'Nobody told the agent what to write.' },
  {
    id: 'reply.steered',
    match: { tool: 'desk/send_reply' },
    when: '"untrusted" in run.labels',
    effect: 'hold',
    reason: 'The agent has read what anybody can write.',
  },
  {
    id: 'customer.thrice',
    match: { tool: 'desk/get_customer' },
    when: 'run.calls("desk/get_customer") >= 3',
    effect: 'deny',
    reason: 'Three customers are enough for one run.',
  },
];

export const profiles = {
  get_ticket: { tier: 'read', labels: ['untrusted'] },
  list_tickets: { tier: 'read', labels: ['untrusted'] },
  grant_access: { tier: 'execute', touches: ['access'], reversible: true },
  send_reply: { tier: 'write', touches: ['public'] },
};
